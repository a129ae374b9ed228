import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a build is made of. The last one names the installed packages: many are in the bundle. */
const sources = [
  'src',
  '.build',
  'tsconfig.json',
  'package.json',
  'node_modules/.package-lock.json',
]

/** Of names and contents, so that no clock and no checkout of the same text counts. */
export function hashOfSources(root) {
  return hashOf(
    root,
    sources.flatMap((path) => filesBelow(root, path)),
  )
}

export function hashOf(folder, files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = readFileSync(join(folder, file))
    hash.update(`${file}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Sorted, relative to `folder`; a path that is not there has none. */
export function filesBelow(folder, path = '.') {
  const whole = join(folder, path)
  if (!existsSync(whole)) return []
  if (!statSync(whole).isDirectory()) return [path]
  return readdirSync(whole, { recursive: true })
    .map((name) => join(path, name))
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
}
