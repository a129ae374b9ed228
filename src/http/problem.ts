import { STATUS_CODES } from 'node:http'
import { httpFailure } from '../admission/http-failure.ts'
import type { LatchkeyError } from '../errors.ts'

export interface Problem {
  /** An explanation of this occurrence for people; never a credential. */
  readonly detail?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const problemType = 'application/problem+json'

/** Makes an error answer outside GraphQL: problem details (RFC 9457 §3) with `no-store`. */
export function problem(status: number, { detail, headers }: Problem = {}): Response {
  return new Response(problemBody(status, detail), {
    status,
    headers: { 'cache-control': 'no-store', ...headers, 'content-type': problemType },
  })
}

/** Makes problem details as text. The title is the reason phrase, as `type` is left out (RFC 9457 §4.2.1). */
export function problemBody(status: number, detail?: string): string {
  return `${JSON.stringify({ title: STATUS_CODES[status] ?? 'Error', status, detail })}\n`
}

/** Makes the answer to a request that is refused because of `error`. */
export function refusalProblem(error: LatchkeyError): Response {
  const { status, headers } = httpFailure(error)
  return problem(status, { detail: error.message, headers })
}
