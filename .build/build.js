/**
 * Builds `dist`: the library by the compiler; the command line, the server and the pages by the bundlers. `npx
 * latchkey` in a clone runs this script each time, perhaps while a server runs from `dist`. So it does nothing
 * if the sources have not changed since the last build, and it builds in another folder and then moves file by
 * file.
 *
 * `--force` builds in any case. `--clean` removes all files of earlier builds, before packing.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCommandLine, bundleServer } from './bundle.js'
import { bundleGraphiql } from './graphiql.js'
import { checkDocuments, writeIntrospection } from './introspection.js'
import { bundleKeysPage } from './keys-page.js'
import { hashOfSources } from './sources.js'
import { isUpToDate, place, removeAbandoned } from './target.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const options = new Set(process.argv.slice(2))
const target = join(root, 'dist')
const clean = options.has('--clean')

await writeIntrospection(root)
const sources = hashOfSources(root)
if (options.has('--force') || !isUpToDate(target, sources, clean)) {
  removeAbandoned(target)
  // The folder is as deep as `dist`, so that paths in the source maps stay right.
  const built = `${target}.new-${process.pid}`
  try {
    if (compiles('tsconfig.json', '--outDir', built) && compiles('src/web/keys/tsconfig.json')) {
      await checkDocuments(root)
      rmSync(join(built, 'cli'), { recursive: true })
      await bundleCommandLine(root, join(built, 'cli'))
      await bundleServer(root, join(built, 'app'))
      await bundleGraphiql(root, join(built, 'web/graphiql'))
      await bundleKeysPage(root, join(built, 'web/keys'))
      place(built, target, { sources, clean })
    } else process.exitCode = 1
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
}

/** Compiles a project and prints the compiler's errors. Returns whether there were none. */
function compiles(config, ...options) {
  const compiler = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const project = ['--project', join(root, config), ...options]
  const words = [join(compiler, 'bin/tsc'), ...project]
  return spawnSync(process.execPath, words, { stdio: 'inherit' }).status === 0
}
