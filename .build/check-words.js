/**
 * Checks that descriptions, comments, messages, names and documents use plain words, and that everything in
 * the schema has a description. Prints each fault as `file:line: fault` with what to write instead, and
 * exits with 1 where there is one. The rules are in `words/`.
 *
 * Usage: node .build/check-words.js [folder [path…]]
 *
 * `folder` is where the paths begin, by default the repository. Each path is a file or a folder; by default
 * they are the schema, the documents and the sources.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { filesBelow } from './sources.js'
import { faultsIn } from './words/faults.js'

const [root = fileURLToPath(new URL('..', import.meta.url)), ...paths] = process.argv.slice(2)
const checked = ['schema.graphql', 'README.md', 'CHANGELOG.md', 'docs', 'src']

let count = 0
for (const path of paths.length > 0 ? paths : checked) {
  for (const file of filesBelow(root, path)) {
    for (const { line, message } of faultsIn(file, readFileSync(join(root, file), 'utf8'))) {
      count++
      console.log(`${file}:${line}: ${message}`)
    }
  }
}
if (count > 0) {
  console.log(`Found ${count} faults of wording. The rules are in .build/words.`)
  process.exitCode = 1
}
