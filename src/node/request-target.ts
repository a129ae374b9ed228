import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import { detachedCopy } from '../detached-copy.ts'
import type { NodeListener } from './node-listener.ts'
import { sendProblem } from './node-problem.ts'

export const invalidTarget = 'The request target or the Host header is not valid.'

/**
 * Normalizes the request target to origin form, a path and query (RFC 9112 §3.2). A client may also send
 * absolute form, a whole URL, whose authority then replaces the `Host` header.
 *
 * @returns whether target and `Host` make a valid URL
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
 * Normalizes targets in absolute form on the Node server of an embedding application, because all later
 * code compares paths. Refuses an invalid one with 400.
 */
export const normalizeAbsoluteTargets: NodeListener = (request, response, send) => {
  // Latchkey's own server normalizes every target before it calls listeners.
  if (send !== undefined || !/^https?:/i.test(request.url ?? '')) return false
  if (normalizeTarget(request)) return false
  sendProblem(response, 400, invalidTarget)
  return true
}

/** Cached valid values of `Host`: a server has few names, and every request has one. */
const validHosts = new LRUCache<string, true>({ max: 100 })

/** Returns whether `host` followed by any path makes a valid URL. */
function isValidHost(host: string): boolean {
  if (validHosts.has(host)) return true
  if (!/^[^\s/?#@\\]+$/.test(host) || !URL.canParse(`http://${host}/`)) return false
  validHosts.set(detachedCopy(host), true)
  return true
}

/**
 * Returns whether it is clear where a request ends. HTTP/1.0 has no transfer codings, and an HTTP/1.0 proxy
 * may take the chunks for the next request (RFC 9112 §6.1).
 */
export function isFramed({ httpVersion, headers }: IncomingMessage): boolean {
  return httpVersion !== '1.0' || headers['transfer-encoding'] === undefined
}

/**
 * Returns whether the body has a transfer coding other than `chunked`, such as gzip. Node does not decode
 * those.
 */
export function isTransferEncoded({ headers }: IncomingMessage): boolean {
  const coding = headers['transfer-encoding']
  return coding !== undefined && coding.trim().toLowerCase() !== 'chunked'
}

/**
 * Returns whether a URL parser would change the path of the target. Otherwise a client could pass a proxy
 * that allows one path and reach another (`/graphql/../metrics`).
 */
export function hasDotSegments({ url = '' }: IncomingMessage): boolean {
  const [path = ''] = url.split(/[?#]/, 1)
  return path.includes('\\') || dotSegment.test(path)
}

const dotSegment = /\/(?:\.|%2e){1,2}(?:\/|$)/i
