import { stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { glob } from 'tinyglobby'
import { UsageError } from '../exit-codes.ts'

const extensions = 'graphql,gql,ts,tsx,mts,cts,js,jsx,mjs,cjs'
const options = {
  ignore: ['**/node_modules/**', '**/dist/**', '**/.git/**'],
  followSymbolicLinks: false,
}

/**
 * The files that `patterns` name, as those are absolute or relative to `folder`: paths, folders (all below) or globs; nothing
 * given, everything below. Sorted.
 *
 * @throws UsageError when a pattern names nothing
 */
export async function findSources(
  patterns: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const pattern of patterns.length === 0 ? ['.'] : patterns) {
    const files = await filesOf(pattern, folder)
    if (files.length === 0) throw new UsageError(`There is no source ${JSON.stringify(pattern)}.`)
    for (const file of files) found.add(file)
  }
  return [...found].sort()
}

/** A path that is there is taken as it is, whatever it would mean as a glob: `[id].tsx` is a name. */
async function filesOf(pattern: string, folder: string): Promise<readonly string[]> {
  const path = resolve(folder, pattern)
  const there = await stat(path).catch(() => null)
  if (there?.isFile()) return [pattern]
  if (there?.isDirectory()) {
    const files = await glob(`**/*.{${extensions}}`, { cwd: path, ...options })
    return files.map((file) => join(pattern, file))
  }
  return await glob(pattern, { cwd: folder, absolute: isAbsolute(pattern), ...options })
}
