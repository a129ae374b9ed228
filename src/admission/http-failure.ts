import type { LatchkeyError } from '../errors.ts'

/** The HTTP status and header fields of a failure. */
export interface HttpFailure {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

/** Returns the status and header fields of an answer that refuses a whole request. */
export function httpFailure({ status, headers }: LatchkeyError): HttpFailure {
  return { status, headers }
}
