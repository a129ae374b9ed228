import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, it } from 'vitest'
import { root, rowsUnder } from './documents.ts'

const folders = rowsUnder('docs/architecture.md', 'Folders').flatMap(([names = '']) =>
  [...names.matchAll(/`src\/([\w-]+)`/g)].map(([, folder = '']) => folder),
)

const files = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)
const entryPoints = [
  'index.ts',
  'pothos/index.ts',
  'sdl.ts',
  'server.ts',
  'postgres.ts',
  'verify.ts',
  'express.ts',
  'fastify.ts',
  'hono.ts',
  'page.ts',
]

/** The position of a file's folder in the table; -1 for the core terms, which come first. */
function positionOf(file: string): number {
  return folders.indexOf(file.replace(/\.ts$/, '').split('/')[0] ?? '')
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, 'src', file), 'utf8')
  return [...text.matchAll(/(?:\bfrom |\bimport\()'(\.[^']+)'/g)].map(([, target = '']) =>
    normalize(join(dirname(file), target)),
  )
}

it('docs/architecture.md lists every folder of src', () => {
  const existing = readdirSync(`${root}src`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  expect([...folders].sort()).toEqual(existing.sort())
})

it('docs/architecture.md lists the folders in the order of their imports', () => {
  const wrong = files
    .filter((file) => !entryPoints.includes(file))
    .flatMap((file) =>
      importsOf(file)
        .filter((target) => positionOf(target) > positionOf(file))
        .map((target) => `${file} -> ${target}`),
    )
  expect(wrong).toEqual([])
})
