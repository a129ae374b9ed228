import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const source = new URL('../../src', import.meta.url).pathname

/** What each part of the tree may import beside itself. Whatever is not named here is wiring. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  net: ['core'],
  audit: ['core'],
  users: ['core', 'audit'],
  keys: ['core', 'audit', 'users'],
  sessions: ['core', 'private-file'],
  jwks: ['core'],
  credentials: ['core', 'net', 'users', 'keys', 'jwks'],
  decision: ['core'],
  admission: ['core', 'net', 'credentials'],
  pothos: ['core', 'decision'],
  graphql: ['core', 'credentials', 'decision'],
  websockets: ['core', 'credentials', 'admission'],
  guard: ['core', 'credentials', 'admission', 'websockets', 'decision'],
  yoga: [
    'core',
    'graphql',
    'credentials',
    'admission',
    'websockets',
    'decision',
    'limits',
    'identity',
    'backends',
  ],
  schema: [
    'core',
    'audit',
    'users',
    'keys',
    'credentials',
    'decision',
    'limits',
    'pothos',
    'backends',
  ],
  limits: ['core', 'decision'],
  identity: ['core'],
  backends: ['core', 'identity'],
  log: ['core'],
  metrics: ['core', 'credentials', 'identity'],
  config: ['core', 'net', 'credentials', 'identity', 'limits', 'connection-string'],
  http: [
    'core',
    'net',
    'credentials',
    'limits',
    'admission',
    'log',
    'metrics',
    'schema',
    'graphql',
    'yoga',
    'decision',
    'audit',
    'identity',
    'web',
  ],
  web: ['core'],
  node: ['core', 'net', 'credentials', 'yoga', 'http', 'log'],
  'connection-string': ['net'],
  // Reads and writes files, so it is no part of the core.
  'private-file': [],
  // What an application embeds: the parts together, without the server.
  embedding: [
    'core',
    'net',
    'audit',
    'users',
    'keys',
    'sessions',
    'credentials',
    'decision',
    'limits',
    'admission',
    'pothos',
    'backends',
    'schema',
    'connection-string',
    'db',
    'log',
  ],
  // The server side of the keys page, for the server and for applications that embed it.
  page: [
    'core',
    'net',
    'users',
    'sessions',
    'credentials',
    'admission',
    'limits',
    'schema',
    'yoga',
    'http',
    'web',
    'embedding',
    'config',
    'development',
  ],
  // The issuer and the sample data of a server without a configured issuer.
  development: [
    'core',
    'net',
    'audit',
    'users',
    'keys',
    'credentials',
    'db',
    'http',
    'private-file',
  ],
  db: ['core', 'net', 'audit', 'users', 'keys', 'sessions', 'credentials', 'connection-string'],
}
const core = [
  'json',
  'key-syntax',
  'last-date',
  'flusher',
  'attached',
  'memoize-weak',
  'detached-copy',
  'errors',
  'scopes',
  'principal',
  'owner',
  'operator',
  'pagination',
  'text-rules',
  'scope-rules',
  'without-stack',
  'turns',
  'within',
  'one-edit',
  'problem-response',
  'uuid',
  'visible-ascii',
  'header-name',
  'help-url',
]
const wiring = [
  'server',
  'workers',
  'cli',
  'index',
  'postgres',
  'sdl',
  'verify',
  'express',
  'fastify',
  'hono',
  'entry',
]
/** Entry points that share their name or folder with a part. They contain only exports. */
const entries = ['pothos/index.ts', 'page.ts']

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map(normalize)

/** `import`, `import type`, `export … from` and `import()`, with the name of what they take from. */
const statement =
  /(?:^(import|export)( type)?\b[^'\n;=]*?(?:\{[^}]*\}[^'\n;=]*?)?|\bimport\()'([^'\n]+)'/gm

const importsOf = new Map(files.map((file) => [file, readImports(file, () => true)]))
/** Those that are there when the program runs. */
const valueImportsOf = new Map(files.map((file) => [file, readImports(file, (type) => !type)]))

function readImports(file: string, counts: (typeOnly: boolean) => boolean): string[] {
  return [...readFileSync(join(source, file), 'utf8').matchAll(statement)]
    .filter(([, , type]) => counts(type !== undefined))
    .map(([, , , target = '']) =>
      target.startsWith('.') ? normalize(join(dirname(file), target)) : target,
    )
}

function partOf(file: string): string {
  if (entries.includes(file)) return 'entry'
  // They need no database, and the configuration reads them.
  if (/^db\/(connection-string|schema-names)/.test(file)) return 'connection-string'
  const first = file.replace(/\.ts$/, '').split('/')[0] ?? ''
  return core.includes(first) ? 'core' : first
}

function reachedFrom(entry: string, imports = importsOf): Set<string> {
  const reached = new Set<string>()
  const visit = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    for (const target of imports.get(file) ?? []) visit(target)
  }
  visit(entry)
  return reached
}

describe('imports', () => {
  it('run one way, types included', () => {
    const wrong: string[] = []
    for (const [file, targets] of importsOf) {
      const part = partOf(file)
      if (wiring.includes(part)) continue
      const allowed = mayImport[part]
      if (allowed === undefined) wrong.push(`${file}: its folder has no rule`)
      for (const target of targets.filter((name) => importsOf.has(name))) {
        const other = partOf(target)
        if (other !== part && !allowed?.includes(other)) wrong.push(`${file} -> ${target}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('of the core words reach no package', () => {
    const packages = files
      .filter((file) => partOf(file) === 'core')
      .flatMap((file) => (importsOf.get(file) ?? []).filter((name) => !importsOf.has(name)))
    expect(packages).toEqual([])
  })

  it('of the library reach neither the server nor a database driver', () => {
    const entries = ['index.ts', 'express.ts', 'fastify.ts', 'hono.ts', 'pothos/index.ts', 'sdl.ts']
    for (const entry of entries) {
      const reached = [...reachedFrom(entry)]
      expect(reached.filter((name) => /^(db|http|server|workers|cli)\b/.test(name))).toEqual([])
      expect(reached.filter((name) => /postgres|drizzle|pino|zod|node:http/.test(name))).toEqual([])
    }
  })

  it('of the verifier reach jose, key sets and the core words alone, and nothing of Node', () => {
    const reached = [...reachedFrom('verify.ts')].filter(
      (name) => !/^(verify\b|jwks\b|json\.ts|principal\.ts|scopes\.ts)/.test(name),
    )
    expect(reached).toEqual(['jose'])
  })

  it('go round in no circle when the program runs', () => {
    const circles = files.filter((file) =>
      (valueImportsOf.get(file) ?? []).some(
        (target) => importsOf.has(target) && reachedFrom(target, valueImportsOf).has(file),
      ),
    )
    expect(circles).toEqual([])
  })

  it('are all seen by this test', () => {
    expect(importsOf.get('server.ts')).toContain('config.ts')
    expect(importsOf.get('index.ts')).toContain('yoga/use-principal.ts')
    expect(importsOf.get('credentials/refusal.ts')).toEqual(['errors.ts', 'credentials/jwt.ts'])
    expect(valueImportsOf.get('credentials/refusal.ts')).toEqual(['errors.ts'])
  })
})
