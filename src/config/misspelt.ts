import { isWithinOneEdit } from '../one-edit.ts'
import type { Fault } from './faults.ts'

/** Shorter names are within one edit of too many names that other programs use. */
const minLength = 8

/** A variable whose name nearly is the name of a variable of this server that is unset. */
export interface Misspelling extends Fault {
  readonly intended: readonly string[]
}

interface NameRules {
  readonly isUnset: (name: string) => boolean
  /** Whether `text`, which is trimmed, is a value for the variable. */
  readonly isValue: (name: string, text: string) => boolean
}

/**
 * Finds variables that are unknown and within one edit of a known name that is unset. They would have no
 * effect, and the default may allow more than was meant.
 *
 * @param names the known names
 */
export function misspellings(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
  { isUnset, isValue }: NameRules,
): readonly Misspelling[] {
  const known = new Set(names)
  const missing = names.filter((name) => name.length >= minLength && isUnset(name))
  return Object.entries(environment).flatMap(([variable, text]) => {
    if (text === undefined || known.has(variable) || !/^[!-~]+$/.test(variable)) return []
    const intended = missing.filter(
      (name) => isWithinOneEdit(variable, name) && isValue(name, text.trim()),
    )
    if (intended.length === 0) return []
    const proper = intended.join(' or ')
    const message = `is not a variable of this server: rename it to ${proper}. If another program needs it, set ${proper} too`
    return [{ variable, message, intended }]
  })
}
