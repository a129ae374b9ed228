/**
 * Builds `dist`: the library by the compiler; the command line, the server and GraphiQL by the bundler. `npx
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
import { hashOfSources } from './sources.js'
import { isUpToDate, place, removeAbandoned } from './target.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const options = new Set(process.argv.slice(2))
const target = join(root, 'dist')
const clean = options.has('--clean')

const sources = hashOfSources(root)
if (options.has('--force') || !isUpToDate(target, sources, clean)) {
  removeAbandoned(target)
  // The folder is as deep as `dist`, so that paths in the source maps stay right.
  const built = `${target}.new-${process.pid}`
  try {
    if (compiles(built)) {
      rmSync(join(built, 'cli'), { recursive: true })
      await bundleCommandLine(root, join(built, 'cli'))
      await bundleServer(root, join(built, 'app'))
      await bundleGraphiql(root, join(built, 'web/graphiql'))
      place(built, target, { sources, clean })
    } else process.exitCode = 1
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
}

/** Compiles into `folder` and prints the compiler's errors. Returns whether there were none. */
function compiles(folder) {
  const compiler = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const project = ['--project', join(root, 'tsconfig.json'), '--outDir', folder]
  const words = [join(compiler, 'bin/tsc'), ...project]
  return spawnSync(process.execPath, words, { stdio: 'inherit' }).status === 0
}
