/**
 * Builds `dist`: the library by the compiler, the command line by the bundler. `npx latchkey` in a clone
 * runs this each time, perhaps beside a server that runs from `dist`. So nothing is done while the sources
 * are those of the last build, and a build is made in another folder and then put in place file by file.
 *
 * `--force` builds anyway. `--clean` leaves nothing of an earlier build, for what is to be packed.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleCommandLine } from './bundle.js'
import { hashOfSources } from './sources.js'
import { isUpToDate, place, removeAbandoned } from './target.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const options = new Set(process.argv.slice(2))
const target = join(root, 'dist')
const clean = options.has('--clean')

const sources = hashOfSources(root)
if (options.has('--force') || !isUpToDate(target, sources, clean)) {
  removeAbandoned(target)
  // As deep as `dist`, for the source maps.
  const built = `${target}.new-${process.pid}`
  try {
    if (compiles(built)) {
      rmSync(join(built, 'cli'), { recursive: true })
      await bundleCommandLine(root, join(built, 'cli'))
      place(built, target, { sources, clean })
    } else process.exitCode = 1
  } finally {
    rmSync(built, { recursive: true, force: true })
  }
}

/** Writes what it compiles to `folder`, and says what is wrong. */
function compiles(folder) {
  const compiler = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
  const project = ['--project', join(root, 'tsconfig.json'), '--outDir', folder]
  const words = [join(compiler, 'bin/tsc'), ...project]
  return spawnSync(process.execPath, words, { stdio: 'inherit' }).status === 0
}
