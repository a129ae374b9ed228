import { isFromOrigin } from '../credentials/own-pages.ts'
import { LatchkeyError } from '../errors.ts'
import { fetchRequest } from '../http/fetch-request.ts'
import { problem } from '../http/problem.ts'
import type { WebFiles } from '../web/files.ts'
import type { PageSettings } from '../web/page-configuration.ts'
import { readJsonObject } from './json-request.ts'
import { createSessionsApi, type SessionsApiParts } from './sessions-api.ts'
import { createShell, dataPolicy, pageHeaders } from './shell.ts'
import type { SignIn, Visitor } from './sign-in.ts'

export interface PageParts<V extends Visitor> extends SessionsApiParts {
  /** The path below which requests arrive, without a slash at its end. */
  readonly path: string
  /** The URL of the server as a browser sees it, without a slash at its end. The page is below it, at `path`. */
  readonly publicUrl: string
  readonly files: WebFiles
  readonly configuration: PageSettings
  readonly signIn: SignIn
  /** Whether the endpoint knows the schema of the API that programs call with a key. */
  readonly describesOperations: boolean
  /** Whether requests must come from a page of this origin. `false`: the sessions of the application have a rule. */
  readonly checksOrigin: boolean
  /** Answers `POST <path>/graphql`. */
  readonly graphql: (request: Request, visitor: V) => Promise<Response>
}

/** Answers a request to the page or below it. */
export type PageHandler<V extends Visitor> = (request: Request, visitor: V) => Promise<Response>

type Route<V extends Visitor> = (request: Request, visitor: V) => Promise<Response>

export function createPageHandler<V extends Visitor>(parts: PageParts<V>): PageHandler<V> {
  const { path, publicUrl, files, signIn, sessions, graphql } = parts
  const origin = new URL(publicUrl).origin
  const api = createSessionsApi(parts)
  const shell = createShell(files, new URL(publicUrl + path).pathname, {
    signIn: signIn.configuration,
    ...parts.configuration,
    features: { sessions: sessions !== null, operations: parts.describesOperations },
  })

  /** Answers scripts of this page only: another page could otherwise sign a browser in, or out. */
  function fromPage(
    route: (request: Request, body: Record<string, unknown>, visitor: V) => Promise<Response>,
  ): Route<V> {
    return async (request, visitor) => {
      const body = await readJsonObject(request)
      if (body instanceof Response) return body
      if (parts.checksOrigin && !isFromOrigin(fetchRequest(request), origin)) {
        return problem(403, { detail: 'Only the page itself may send this request.' })
      }
      return await route(request, body, visitor)
    }
  }

  const { accept } = signIn
  const posted: ReadonlyMap<string, Route<V>> = new Map<string, Route<V>>([
    ['/graphql', graphql],
    ['/session', fromPage((request, _, visitor) => api.current(fetchRequest(request, visitor)))],
    ['/sessions', fromPage((request, _, visitor) => api.list(fetchRequest(request, visitor)))],
    [
      '/sessions/end',
      fromPage((request, body, visitor) => api.end(fetchRequest(request, visitor), body)),
    ],
    ['/sign-out', fromPage((request) => api.signOut(fetchRequest(request)))],
    ...(accept === undefined
      ? []
      : ([
          ['/sign-in', fromPage((request, body, visitor) => accept(body, request, visitor))],
        ] as const)),
  ])

  /** Whether a GET below the page has an answer: `/sessions` and `/sign-in` are pages too. */
  function isReadable(below: string): boolean {
    if (below === '/sign-out') return signIn.leave !== undefined
    return !posted.has(below) || below === '/sessions' || below === '/sign-in'
  }

  async function get(below: string, request: Request, visitor: V): Promise<Response> {
    if (below.startsWith('/assets/')) {
      const name = below.slice('/assets/'.length)
      return await shell.asset(name, request.headers.get('accept-encoding'))
    }
    if (below === '/sign-in' && signIn.begin !== undefined) {
      // After a failure the page says what happened, instead of trying again.
      if (!new URL(request.url).searchParams.has('error')) return await signIn.begin(request)
    }
    if (below === '/callback' && signIn.finish !== undefined) {
      return await signIn.finish(request, visitor)
    }
    if (below === '/sign-out' && signIn.leave !== undefined) return await signIn.leave(request)
    return await shell.page(below, request.headers.get('accept-language'))
  }

  async function answer(request: Request, visitor: V): Promise<Response> {
    const below = new URL(request.url).pathname.slice(path.length)
    const { method } = request
    const readable = isReadable(below)
    const route = posted.get(below)
    if ((method === 'GET' || method === 'HEAD') && readable) {
      return await get(below, request, visitor)
    }
    if (method === 'POST' && route !== undefined) return await route(request, visitor)
    return notAllowed([...(readable ? ['GET', 'HEAD'] : []), ...(route ? ['POST'] : [])])
  }

  return async (request, visitor) => withHeaders(await orProblem(() => answer(request, visitor)))
}

async function orProblem(answer: () => Promise<Response>): Promise<Response> {
  try {
    return await answer()
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error
    const { status, message: detail, code, headers } = error
    return problem(status, { detail, code, headers })
  }
}

function withHeaders(response: Response): Response {
  const { headers } = response
  for (const name in pageHeaders) headers.set(name, pageHeaders[name] ?? '')
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', dataPolicy)
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
  const isShared = headers.get('cache-control')?.startsWith('public') === true
  if (!isShared && !/\bcookie\b/i.test(headers.get('vary') ?? '')) headers.append('vary', 'Cookie')
  return response
}

function notAllowed(allowed: readonly string[]): Response {
  const detail = `Use ${allowed.filter((method) => method !== 'HEAD').join(' or ')}.`
  return problem(405, { detail, headers: { allow: allowed.join(', ') } })
}
