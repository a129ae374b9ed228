import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { compile } from './compile.ts'
import { frameworkFolder } from './frameworks.ts'

/** Of each block that is a part of a program: a text that only it contains, and what stands before it. */
const preambles: readonly { readonly block: string; readonly before: string }[] = [
  {
    block: "audience: 'orders' })\nconst principal = await verifier.verify(request)",
    before: 'declare const request: Request',
  },
  {
    block: 'possibleTypes: ({ id }) => [typeOfId(id)]',
    before: `
import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type { PrincipalContext } from 'latchkey'
import { type LatchkeyAuthScopes, latchkeyPlugin, scopeAuthOptions } from 'latchkey/pothos'
const builder = new SchemaBuilder<{ Context: PrincipalContext; AuthScopes: LatchkeyAuthScopes; DefaultAuthStrategy: 'all' }>({
  plugins: [latchkeyPlugin, ScopeAuthPlugin],
  latchkey: { scopes: {} },
  scopeAuth: scopeAuthOptions((context) => context.principal),
})
declare const typeOfId: (id: unknown) => string
declare const load: (id: string | number) => { id: string }
const Node = builder.interfaceRef<{ id: string }>('Node')
builder.queryFields((t) => ({`,
  },
  {
    block: "latchkey.users.get({ as: operator, subject: '17' })",
    before: `
import type { Latchkey } from 'latchkey/postgres'
declare const latchkey: Latchkey`,
  },
  {
    block: 'findSignedIn(carrier',
    before: `
declare const findSignedIn: (cookie: string | null) => { subject: string } | null
declare const schema: import('graphql').GraphQLSchema`,
  },
  {
    block: 'await directory.findMissingPeppers(keyPeppers)',
    before: `
import type { ConnectedDirectory } from 'latchkey/postgres'
declare const directory: ConnectedDirectory
declare const keyPeppers: readonly string[]`,
  },
]

const cwd = frameworkFolder()

it('compiles every TypeScript block of the documents in strict mode', async () => {
  // The programs for these frameworks have several files, and are compiled before they run.
  const blocks = codeBlocks(['ts']).filter(({ marker }) => !marker.startsWith('framework '))
  const files = blocks.map(({ place, code }) => {
    const before = preambles.find(({ block }) => code.includes(block))?.before ?? ''
    const file = `${place.replace(/\W/g, '-')}.ts`
    writeFileSync(
      join(cwd, file),
      `${before}\n${code}${before.endsWith('({') ? '}))' : ''}\nexport {}\n`,
    )
    return file
  })
  expect(await compile(cwd, files)).toBe('')
  expect(files.length).toBeGreaterThan(4)
})
