import { STATUS_CODES } from 'node:http'
import { httpFailure } from '../admission/http-failure.ts'
import type { LatchkeyError } from '../errors.ts'

export interface Problem {
  /** Default the status's reason phrase, as is right for a problem without a type of its own. */
  readonly title?: string
  /** What went wrong this time, for people; never a credential. */
  readonly detail?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An error answer outside GraphQL: problem details (RFC 9457 §3) that nobody stores. */
export function problem(status: number, { title, detail, headers }: Problem = {}): Response {
  const body = {
    title: title ?? STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail === undefined ? {} : { detail }),
  }
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: {
      'cache-control': 'no-store',
      ...headers,
      'content-type': 'application/problem+json',
    },
  })
}

/** The answer to a request that is refused for `error`. */
export function refusalProblem(error: LatchkeyError): Response {
  const { status, headers } = httpFailure(error)
  return problem(status, { detail: error.message, headers })
}
