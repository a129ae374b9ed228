import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import type { Fault } from './faults.ts'

/** Returns the variable that names a file with the value of the secret `variable`. */
export function fileVariableOf<V extends string>(variable: V): `${V}_FILE` {
  return `${variable}_FILE`
}

interface FileRules {
  /** Whether the variable itself is set too, which is a fault: one of the two may be outdated. */
  readonly isSet: boolean
  readonly isMultiline: boolean
}

/**
 * Reads a secret from the file that `<NAME>_FILE` names, without surrounding white space, as container
 * platforms mount secrets. The file is UTF-8.
 *
 * @returns `undefined` if `<NAME>_FILE` is unset; an empty text after a fault
 */
export function readSecretFile(
  name: string,
  { isSet, isMultiline }: FileRules,
  environment: Readonly<Record<string, string | undefined>>,
  faults: Fault[],
): string | undefined {
  const variable = fileVariableOf(name)
  const file = environment[variable]?.trim()
  if (file === undefined) return undefined
  const fault = (message: string): string => {
    faults.push({ variable, message })
    return ''
  }
  // An empty path comes from an unset shell variable. Without the secret the server would allow more.
  if (file === '') return fault('must name a file, or be unset')
  if (isSet) return fault(`and ${name} are both set: remove one of the two`)
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch {
    return fault('names a file that does not exist or cannot be read')
  }
  // A decoder would replace random bytes by U+FFFD, and little of the secret would be left.
  if (!isUtf8(bytes) || bytes.includes(0)) {
    return fault('names a file that is not UTF-8 text: write random bytes as hex or base64')
  }
  const text = bytes.toString().trim()
  if (text === '') return fault('names an empty file')
  return !isMultiline && /[\r\n]/.test(text) ? fault('names a file with more than one line') : text
}
