import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The documents of the package, by their paths in it. */
export const documents: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export function readDocument(path: string): string {
  return readFileSync(root + path, 'utf8')
}

/** A document without its code blocks. */
export function proseOf(path: string): string {
  return readDocument(path).replace(/^```[\s\S]*?^```$/gm, '')
}

/** Rows of the first table under a heading, as lists of cells. */
export function rowsUnder(path: string, heading: string): readonly string[][] {
  const section = readDocument(path).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
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
