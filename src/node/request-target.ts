import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { detachedCopy } from '../detached-copy.ts'
import type { NodeListener } from './node-listener.ts'
import { sendProblem } from './node-problem.ts'

export const invalidTarget = 'The request target or the Host header is not valid.'

/**
 * Brings the target into the form of a path (RFC 9112 §3.2): a client may also send a whole URL, whose
 * authority then counts for the `Host`. Whether a URL can be made of it.
 */
export function normalizeTarget(req: IncomingMessage): boolean {
  const { url = '' } = req
  if (url.startsWith('/')) {
    const { host } = req.headers
    return host === undefined ? req.httpVersion === '1.0' : isValidHost(host)
  }
  const absolute = /^https?:\/\/([^/?#]*)(.*)/is.exec(url)
  if (absolute === null) return false
  const [, authority = '', path = ''] = absolute
  req.headers.host = authority
  req.url = path.startsWith('/') ? path : `/${path}`
  return isValidHost(authority)
}

/**
 * For requests of another's Node server: has a target that is a whole URL read as a path, which is what
 * everything after it compares, and refuses one that is none.
 */
export const normalizeAbsoluteTargets: NodeListener = (request, response, send) => {
  // Our own server has done it.
  if (send !== undefined || !/^https?:/i.test(request.url ?? '')) return false
  if (normalizeTarget(request)) return false
  sendProblem(response, 400, invalidTarget)
  return true
}

/** Those that were found to make a URL: a server has few names, and each request brings one. */
const validHosts = new LRUCache<string, true>({ max: 100 })

/** Whatever path follows, a URL can be made of it. */
function isValidHost(host: string): boolean {
  if (validHosts.has(host)) return true
  if (!/^[^\s/?#@\\]+$/.test(host) || !URL.canParse(`http://${host}/`)) return false
  validHosts.set(detachedCopy(host), true)
  return true
}

/**
 * Whether it is clear where a request ends. HTTP/1.0 knows no transfer codings, and a proxy of that
 * version may take the chunks for the next request (RFC 9112 §6.1).
 */
export function isFramed({ httpVersion, headers }: IncomingMessage): boolean {
  return httpVersion !== '1.0' || headers['transfer-encoding'] === undefined
}

/** Whether its body has a transfer coding beside `chunked`, such as gzip. Node leaves that as it is. */
export function isTransferEncoded({ headers }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding']
  return coding !== undefined && coding.trim().toLowerCase() !== 'chunked'
}

/**
 * Whether a URL parser would make another path of the target. A proxy that lets a client ask for one
 * path alone would have let it ask for another (`/graphql/../metrics`).
 */
export function hasDotSegments({ url = '' }: IncomingMessage): boolean {
  const [path = ''] = url.split(/[?#]/, 1)
  return path.includes('\\') || dotSegment.test(path)
}

const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i
