/** The media type of problem details (RFC 9457 §3). */
export const problemType = 'application/problem+json'

/** The reason phrases of the statuses of errors (RFC 9110 §15, RFC 6585). */
const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
}

/**
 * Makes problem details as text. The title is the reason phrase, as `type` is left out (RFC 9457 §4.2.1).
 *
 * @param code names the reason for programs, as `extensions.code` does in GraphQL (RFC 9457 §3.2). Default: none
 */
export function problemDetails(
  status: number,
  detail?: string,
  title = titles[status],
  code?: string,
): string {
  return `${JSON.stringify({ title: title ?? 'Error', status, detail, code })}\n`
}

/** The header fields of an answer with problem details, which no cache may store. */
export function problemHeaders(
  headers: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return { 'cache-control': 'no-store', ...headers, 'content-type': problemType }
}

/** Makes an error answer outside GraphQL. */
export function problemResponse(
  status: number,
  detail: string,
  headers: Readonly<Record<string, string>>,
): Response {
  return new Response(problemDetails(status, detail), { status, headers: problemHeaders(headers) })
}
