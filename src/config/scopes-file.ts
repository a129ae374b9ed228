import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { scopeFaults } from '../scopes.ts'
import type { Fault } from './faults.ts'

const variable = 'SCOPES_FILE'
const shape = z.record(z.string(), z.string().min(1).max(1000))

/** Reads the scopes of other services, name to description. Returns `null` for a faulty file. */
export function readScopesFile(
  file: string | undefined,
  faults: Fault[],
): Readonly<Record<string, string>> | null {
  if (file === undefined) return {}
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const message =
      error instanceof SyntaxError
        ? 'names a file that is not JSON'
        : 'names a file that does not exist or cannot be read'
    faults.push({ variable, message })
    return null
  }
  const scopes = shape.safeParse(content)
  if (!scopes.success) {
    const message =
      'must name a file with a JSON object of scope names to descriptions (1 to 1000 characters)'
    faults.push({ variable, message })
    return null
  }
  const found = scopeFaults(scopes.data)
  faults.push(...found.map((message) => ({ variable, message })))
  return found.length === 0 ? scopes.data : null
}
