/** The headers of a Node request as they were sent: names and values alternate. */
export interface RawHeaders {
  readonly rawHeaders: readonly string[]
}

/** Node drops all headers after this number of them, unless `server.maxHeadersCount` is set. */
const nodeHeaderLimit = 1000

/**
 * Whether Node may have dropped headers. Node does not report it: a request at the limit may have had more
 * headers, and a request beyond the limit may come from a server with another one.
 */
export function mayHaveDroppedHeaders({ rawHeaders }: RawHeaders): boolean {
  return rawHeaders.length >= 2 * nodeHeaderLimit
}

/**
 * Returns all values of a header that was sent more than once, joined by commas, or `null` if it was not.
 * Without `joinDuplicateHeaders` Node keeps only the first `Authorization`; with it `Digest a=b` and `c=d`
 * look like one header. The result begins with a comma, which no single header with a credential does.
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
