import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { builtInScopes, isScopeName } from '../scopes.ts'
import type { Fault } from './faults.ts'

const variable = 'SCOPES_FILE'
const shape = z.record(z.string(), z.string().min(1).max(1000))

/** Scopes of other services, name to description; `null` where the file cannot be used. */
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
      error instanceof SyntaxError ? 'must name a file with JSON in it' : 'names no readable file'
    faults.push({ variable, message })
    return null
  }
  const scopes = shape.safeParse(content)
  if (!scopes.success) {
    const message = 'must hold a JSON object of scope names to descriptions (1 to 1000 characters)'
    faults.push({ variable, message })
    return null
  }
  const before = faults.length
  for (const name of Object.keys(scopes.data)) {
    if (!isScopeName(name)) {
      const message = `holds a name that is no scope (RFC 6749 §3.3): ${JSON.stringify(name)}`
      faults.push({ variable, message })
    } else if (Object.hasOwn(builtInScopes, name)) {
      faults.push({ variable, message: `redefines \`${name}\`, a scope of this server` })
    }
  }
  return faults.length === before ? scopes.data : null
}
