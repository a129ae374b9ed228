import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeConfig } from '../../src/config.ts'
import { describeCauses } from '../../src/db/causes.ts'
import { builtInScopes } from '../../src/scopes.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** Rows of the table that follows the heading, as lists of cells. */
function rowsUnder(heading: string): string[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    )
}

it('the operations page lists every cause as the log tells it', () => {
  const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const [, table = ''] = page.split('| reason |')
  const rows = table
    .split('\n\n')[0]
    ?.split('\n')
    .filter((line) => line.startsWith('| `'))
  expect(rows).toEqual(
    describeCauses().map(([cause, sentence]) => `| \`${cause}\` | ${sentence} |`),
  )
})

describe('the README', () => {
  it('lists every variable as the configuration reads it', () => {
    expect(rowsUnder('Configuration')).toEqual(
      describeConfig().map((row) => [`\`${row.variable}\``, row.meaning, row.default]),
    )
  })

  it('lists every built-in scope', () => {
    expect(rowsUnder('Users and what they hold')).toEqual(
      Object.entries(builtInScopes).map(([name, description]) => [`\`${name}\``, description]),
    )
  })

  it('links to headings that exist', () => {
    const anchors = [...readme.matchAll(/^##+ (.+)$/gm)].map(
      ([, heading = '']) => `#${heading.toLowerCase().replaceAll(' ', '-')}`,
    )
    for (const [, anchor] of readme.matchAll(/\]\((#[^)]+)\)/g)) expect(anchors).toContain(anchor)
  })
})
