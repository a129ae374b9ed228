import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { issuerPresets } from '../../src/credentials/issuer-presets.ts'
import { describeCauses } from '../../src/db/causes.ts'
import { builtInScopes } from '../../src/scopes.ts'
import { readDocument, root, rowsUnder } from './documents.ts'

it('docs/operations.md lists every cause as the log tells it', () => {
  const [, table = ''] = readDocument('docs/operations.md').split('| reason |')
  const rows = table
    .split('\n\n')[0]
    ?.split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(rows).toEqual(
    describeCauses().map(([cause, sentence]) => `| \`${cause}\` | ${sentence} |`),
  )
})

it.each([
  ['docs/operations.md', 'the keys of an issuer could not be fetched or used'],
  ['docs/issuers/kubernetes.md', 'the keys of an issuer could not be fetched or used'],
  ['docs/operations.md', 'uses of API keys were lost before they could be written to the database'],
])('%s quotes the message "%s", which the log has', (page, message) => {
  const source = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(`${root}src/${name}`, 'utf8'))
  expect(readDocument(page)).toContain(`\`${message}\``)
  expect(source.some((text) => text.includes(message))).toBe(true)
})

it('docs/errors.md lists every code that an answer may have', () => {
  const folders = ['errors.ts', 'http', 'yoga', 'limits'].map((name) => `${root}src/${name}`)
  const texts = folders.flatMap((path) =>
    path.endsWith('.ts')
      ? [readFileSync(path, 'utf8')]
      : readdirSync(path).map((name) => readFileSync(`${path}/${name}`, 'utf8')),
  )
  const codes = texts.flatMap((text) =>
    [...text.matchAll(/\bcode(?: \?\?=| =|:) '([A-Z_]+)'/g)].map(([, code = '']) => code),
  )
  expect(codes.length).toBeGreaterThan(15)
  const page = readDocument('docs/errors.md')
  expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([])
})

it('docs/scopes.md lists every built-in scope', () => {
  expect(rowsUnder('docs/scopes.md', 'Built-in scopes')).toEqual(
    Object.entries(builtInScopes).map(([name, description]) => [`\`${name}\``, description]),
  )
})

it('docs/issuers.md explains every reason for which a JWT is refused', () => {
  const source = readFileSync(`${root}src/credentials/jwt.ts`, 'utf8')
  const [, union = ''] = /type JwtRefusal =([\s\S]*?)\n\n/.exec(source) ?? []
  const reasons = [...union.matchAll(/'(.+)'/g)].map(([, reason]) => `jwt-${reason}`)
  expect(reasons.length).toBeGreaterThan(10)
  const cells = rowsUnder('docs/issuers.md', 'Tokens that are refused').map(([cell]) => cell ?? '')
  const explained = cells.flatMap((cell) => [...cell.matchAll(/`(.+?)`/g)].map(([, name]) => name))
  expect(explained.filter((name) => name?.startsWith('jwt-')).sort()).toEqual(reasons.sort())
})

it('docs/issuers.md lists every preset', () => {
  const section =
    readDocument('docs/issuers.md').split('\n## Presets\n')[1]?.split('\n## ')[0] ?? ''
  const names = [...section.matchAll(/^\| \[`(\w+)`\]/gm)].map(([, name]) => name)
  expect(names).toEqual(Object.keys(issuerPresets))
})
