import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/server-process.ts'
import { bare, environmentOf, finish, installationLog, nodes, projectFolder } from './installed.ts'

// Without the peers, npm has nothing to nest below the package.
const installed = join(bare, 'node_modules/latchkey')

describe('the package', () => {
  it('installs on the oldest Node without a warning about an engine', () => {
    expect(installationLog).toMatch(/added \d+ packages/)
    expect(installationLog).not.toMatch(/EBADENGINE|deprecated|ERESOLVE/)
  })

  it('has what it needs at run time, and nothing of how it was made', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'docs',
      'drizzle',
      'package.json',
      'schema.graphql',
    ])
    expect(readdirSync(join(installed, 'dist'))).not.toContain('.build.json')
  })

  it('has a command line that needs no other package, and says whose it is made of', () => {
    const alone = temporaryFolder()
    cpSync(installed, alone, { recursive: true })
    const command = join(alone, 'dist/cli/main.js')
    const run = (...words: string[]) =>
      execFileSync(process.execPath, [command, ...words], { cwd: alone, encoding: 'utf8' })
    expect(run('schema')).toBe(readFileSync(join(alone, 'schema.graphql'), 'utf8'))
    writeFileSync(join(alone, 'me.graphql'), 'query Me { me { id } }')
    expect(run('scopes', '*.graphql')).toContain('query Me')
    const licences = readFileSync(join(alone, 'dist/cli/licenses.txt'), 'utf8')
    for (const name of ['graphql', '@pothos/core', 'drizzle-orm', 'zod']) {
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, 'm'))
    }
    expect(licences).toContain('The above copyright notice and this permission notice')
    rmSync(alone, { recursive: true })
  })

  it('has GraphiQL with all files that its page loads, and the licences of what they are made of', () => {
    const page = join(installed, 'dist/web/graphiql')
    const html = readFileSync(join(page, 'index.html'), 'utf8')
    const named = [...html.matchAll(/graphql\/assets\/([\w.-]+)/g)].map(([, name = '']) => name)
    const assets = readdirSync(join(page, 'assets'))
    expect(assets).toEqual(expect.arrayContaining(named))
    for (const asset of assets) {
      const text = readFileSync(join(page, 'assets', asset), 'utf8')
      for (const [, name] of text.matchAll(/["']\.\/([\w.-]+\.js)["']/g)) {
        expect(assets).toContain(name)
      }
    }
    const licences = readFileSync(join(page, 'licenses.txt'), 'utf8')
    for (const name of ['graphiql', 'monaco-editor', 'react']) {
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\(`, 'm'))
    }
  })
})

describe.each(nodes)('on Node $version', (node) => {
  it('every file of the command line loads, whichever command imports it', async () => {
    const bundle = join(installed, 'dist/cli')
    const files = readdirSync(bundle)
      .filter((name) => name.endsWith('.js') && name !== 'main.js')
      .map((name) => pathToFileURL(join(bundle, name)).href)
    expect(files.length).toBeGreaterThan(20)
    const program = `for (const file of ${JSON.stringify(files)})
      await import(file).catch((error) => { console.log(file, error); process.exitCode = 1 })`
    const options = { cwd: projectFolder(), env: environmentOf(node) }
    const loaded = await finish(node.path, ['--input-type=module', '-e', program], options)
    expect(loaded).toEqual({ code: 0, out: '', err: '' })
  })
})
