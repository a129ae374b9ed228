import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The inputs of a build. The last one lists the installed packages, many of which are in the bundle. */
const sources = [
  'src',
  '.build',
  'schema.graphql',
  'tsconfig.json',
  'package.json',
  'node_modules/.package-lock.json',
]

/** Hashes names and contents but not times, so that a new checkout of the same files has the same hash. */
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

/** Returns the files below a path, sorted and relative to `folder`; none if the path does not exist. */
export function filesBelow(folder, path = '.') {
  const whole = join(folder, path)
  if (!existsSync(whole)) return []
  if (!statSync(whole).isDirectory()) return [path]
  return readdirSync(whole, { recursive: true })
    .map((name) => join(path, name))
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
}
