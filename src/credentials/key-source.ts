import { readFileSync } from 'node:fs'
import { parseJson } from '../json.ts'
import { keySetFault } from '../jwks/key-set.ts'

/** The issuer of the keys and the place of the keys. */
export interface KeySource {
  readonly issuer: string
  /** The URL of the JWK Set; `null`: found by discovery. Not used with `jwks` or `jwksFile`. */
  readonly jwksUri: string | null
  /** The JWK Set itself; `null`: it is elsewhere. */
  readonly jwks: object | null
  /** The path of a file with the JWK Set; `null`: it is elsewhere. */
  readonly jwksFile: string | null
  /** Whether http is allowed to hosts of a private network. */
  readonly allowHttp: boolean
}

/** Returns the fault of a file with a JWK Set, as the end of a sentence, or `null`. */
export function keyFileFault(path: string): string | null {
  try {
    return keySetFault(readKeyFile(path))
  } catch {
    return 'does not exist or cannot be read'
  }
}

/**
 * Returns the content of a file with a JWK Set; `undefined` if it is not JSON.
 *
 * @throws Error when the file cannot be read
 */
export function readKeyFile(path: string): unknown {
  return parseJson(readFileSync(path, 'utf8'))
}
