import { STATUS_CODES } from 'node:http'
import { problemDetails, problemHeaders } from '../problem-response.ts'

export { problemType } from '../problem-response.ts'

export interface Problem {
  /** An explanation of this occurrence for people; never a credential. */
  readonly detail?: string
  /** Names the reason for programs. */
  readonly code?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Makes an error answer outside GraphQL: problem details (RFC 9457 §3) with `no-store`. */
export function problem(status: number, { detail, code, headers }: Problem = {}): Response {
  const body = problemBody(status, detail, code)
  return new Response(body, { status, headers: problemHeaders(headers) })
}

/** Makes problem details as text. */
export function problemBody(status: number, detail?: string, code?: string): string {
  return problemDetails(status, detail, STATUS_CODES[status], code)
}
