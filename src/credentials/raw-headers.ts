/** The headers of a request of Node as they were sent: names and values in turn. */
export interface RawHeaders {
  readonly rawHeaders: readonly string[]
}

/** After so many headers Node drops the rest unseen, unless `server.maxHeadersCount` is set. */
const nodeHeaderLimit = 1000

/**
 * Whether Node may have dropped headers. It does not tell: a request with as many as its limit may have
 * had more, and one with more may belong to a server without that limit.
 */
export function mayHaveDroppedHeaders({ rawHeaders }: RawHeaders): boolean {
  return rawHeaders.length >= 2 * nodeHeaderLimit
}

/**
 * All values of a header that came more than once, joined by commas; `null` where it did not. Without
 * `joinDuplicateHeaders` Node keeps the first `Authorization` alone, and with it `Digest a=b` and `c=d`
 * read like one header. The value begins with a comma, which no single header with credentials does.
 *
 * @param name in lower case
 */
export function repeatedHeader({ rawHeaders }: RawHeaders, name: string): string | null {
  let found: string[] | null = null
  let first: string | null = null
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const sent = rawHeaders[n] ?? ''
    if (sent.length !== name.length || sent.toLowerCase() !== name) continue
    const value = rawHeaders[n + 1] ?? ''
    if (found !== null) found.push(value)
    else if (first !== null) found = [first, value]
    else first = value
  }
  return found === null ? null : `, ${found.join(', ')}`
}
