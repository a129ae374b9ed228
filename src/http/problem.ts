import { STATUS_CODES } from 'node:http'
import { httpFailure } from '../admission/http-failure.ts'
import type { LatchkeyError } from '../errors.ts'

export interface Problem {
  /** What went wrong this time, for people; never a credential. */
  readonly detail?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const problemType = 'application/problem+json'

/** An error answer outside GraphQL: problem details (RFC 9457 §3) that nobody stores. */
export function problem(status: number, { detail, headers }: Problem = {}): Response {
  return new Response(problemBody(status, detail), {
    status,
    headers: { 'cache-control': 'no-store', ...headers, 'content-type': problemType },
  })
}

/** Problem details as text. Their title is the reason phrase, since they have no type of their own. */
export function problemBody(status: number, detail?: string): string {
  return `${JSON.stringify({ title: STATUS_CODES[status] ?? 'Error', status, detail })}\n`
}

/** The answer to a request that is refused for `error`. */
export function refusalProblem(error: LatchkeyError): Response {
  const { status, headers } = httpFailure(error)
  return problem(status, { detail: error.message, headers })
}
