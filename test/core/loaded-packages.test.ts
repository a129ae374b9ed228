import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

/* The packages that an import of an entry point loads, as a bundler finds them. */

async function packagesOf(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL(`../../src/${entry}.ts`, import.meta.url))],
    bundle: true,
    format: 'esm',
    metafile: true,
    packages: 'external',
    platform: 'node',
    treeShaking: false,
    write: false,
  })
  const [output] = Object.values(metafile.outputs)
  const loaded = (output?.imports ?? [])
    .filter(({ kind, path }) => kind === 'import-statement' && !path.startsWith('node:'))
    .map(({ path }) => path)
  return [...new Set(loaded)].sort()
}

it('latchkey loads graphql, jose and a small cache; no server, framework or database driver', async () => {
  expect(await packagesOf('index')).toEqual(['graphql', 'jose', 'lru-cache'])
})

it.each(['express', 'fastify', 'hono'])('latchkey/%s loads no framework', async (entry) => {
  expect(await packagesOf(entry)).toEqual(['graphql', 'lru-cache'])
})

it('latchkey/verify loads jose alone', async () => {
  expect(await packagesOf('verify')).toEqual(['jose'])
})
