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
 * Finds the source files that match `patterns`, sorted. A pattern is a file, a folder (with everything below)
 * or a glob. Without patterns, the files below `folder` are returned.
 *
 * @param folder the folder that relative patterns start from
 * @throws UsageError when a pattern matches no file
 */
export async function findSources(
  patterns: readonly string[],
  folder: string,
): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const pattern of patterns.length === 0 ? ['.'] : patterns) {
    const files = await filesOf(pattern, folder)
    if (files.length === 0)
      throw new UsageError(`No source file matches ${JSON.stringify(pattern)}.`)
    for (const file of files) found.add(file)
  }
  return [...found].sort()
}

/** A path that exists is not read as a glob: `[id].tsx` is also a file name. */
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
