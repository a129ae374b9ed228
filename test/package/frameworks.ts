import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import { folder } from './installed.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * A folder with the package as it is installed, and the frameworks of this repository's development. It is inside
 * the repository, so that the package and the frameworks share one copy of graphql.
 */
export function frameworkFolder(): string {
  const parent = join(root, '.data')
  mkdirSync(parent, { recursive: true })
  const cwd = mkdtempSync(join(parent, 'frameworks-'))
  afterAll(() => rmSync(cwd, { recursive: true, force: true }))
  const installed = join(folder, 'node_modules/latchkey')
  cpSync(installed, join(cwd, 'node_modules/latchkey'), { recursive: true })
  return cwd
}
