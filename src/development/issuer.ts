import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import * as z from 'zod'
import { developmentIssuerPath } from '../credentials/development-issuer-path.ts'
import { BadUserInputError } from '../errors.ts'
import type { Route } from '../http/app.ts'
import { fetchRequest } from '../http/fetch-request.ts'
import { problem } from '../http/problem.ts'
import { readTextBody } from '../http/text-body.ts'
import { parseJson } from '../json.ts'
import { isLoopbackRequest } from '../net/loopback.ts'
import { isScopeName } from '../scopes.ts'
import { isSubject, subjectForm } from '../users/identity.ts'
import { algorithm, developmentKey } from './signing-key.ts'

const developmentAudience = 'latchkey'
/** The size of a token request in bytes: more scopes make a token that is too long for a header. */
const maxBodySize = 8192

export interface DevelopmentIssuerOptions {
  /** The `iss` of its tokens: the public URL followed by `developmentIssuerPath`. */
  readonly issuer: string
  /** The directory that stores its private key. */
  readonly dataDir: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Issues JWTs for any subject without authentication. For development on loopback only. */
export type DevelopmentIssuer = Awaited<ReturnType<typeof createDevelopmentIssuer>>

const tokenRequest = z.strictObject({
  subject: z.string('must be a string').refine(isSubject, `must be ${subjectForm}`),
  scope: z
    .string('must be a string')
    .refine((scope) => scope === '' || scope.split(' ').every(isScopeName), {
      error: 'must be scopes separated by single spaces',
    }),
  expiresIn: z
    .int('must be a whole number of seconds')
    .min(1, 'must be at least 1 second')
    .max(86_400, 'must be at most a day (86400 seconds)')
    .optional(),
})

/** `scope` is separated by spaces. `expiresIn` is in seconds; default 3600. */
type TokenRequest = z.infer<typeof tokenRequest>

/** @throws BadUserInputError for the first invalid property */
function readTokenRequest(value: unknown): TokenRequest {
  const result = tokenRequest.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue?.path.join('.') ?? ''
  if (issue === undefined || field === '') {
    throw new BadUserInputError('', 'Send an object {subject, scope, expiresIn?}.')
  }
  throw new BadUserInputError(field, `\`${field}\` ${issue.message}.`)
}

export async function createDevelopmentIssuer(options: DevelopmentIssuerOptions) {
  const { issuer, now } = options
  const key = await developmentKey(options.dataDir)
  const jwksUri = `${issuer}/jwks`
  const settings = { issuer, audience: developmentAudience, jwksUri }

  // RFC 8414 §2. Clients without RFC 8414 find it by OpenID Connect Discovery §3.
  const metadata = {
    issuer,
    jwks_uri: jwksUri,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
  }

  /**
   * Returns an access token response (RFC 6749 §5.1).
   *
   * @throws BadUserInputError
   */
  const mint = async (request: TokenRequest) => {
    const { subject, scope, expiresIn = 3600 } = readTokenRequest(request)
    const issuedAt = Math.floor(now() / 1000)
    // RFC 9068 §2.
    const token = await new SignJWT({ scope, client_id: 'latchkey-development' })
      .setProtectedHeader({ alg: algorithm, kid: key.id, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(developmentAudience)
      .setSubject(subject)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + expiresIn)
      .setJti(randomUUID())
      .sign(key.privateKey)
    return { access_token: token, token_type: 'Bearer', expires_in: expiresIn, scope }
  }

  const routes = new Map<string, { method: string; answer(request: Request): Promise<Response> }>([
    ['/.well-known/openid-configuration', { method: 'GET', answer: async () => json(metadata) }],
    ['/jwks', { method: 'GET', answer: async () => json({ keys: [key.publicJwk] }) }],
    ['/token', { method: 'POST', answer: (request) => answerToken(request, mint) }],
  ])

  return {
    /** Issuer settings with which this server accepts its tokens, as for any other issuer. */
    settings,
    mint,
    /**
     * Serves discovery, the public keys and `POST token`. Does not check the caller: use
     * {@link developmentRoute}.
     */
    async handle(request: Request): Promise<Response> {
      const { pathname } = new URL(request.url)
      if (!pathname.startsWith(developmentIssuerPath)) return problem(404)
      const route = routes.get(pathname.slice(developmentIssuerPath.length))
      if (route === undefined) return problem(404)
      const { method, answer } = route
      if (request.method === method || (method === 'GET' && request.method === 'HEAD')) {
        return await answer(request)
      }
      return problem(405, { headers: { allow: method === 'GET' ? 'GET, HEAD' : method } })
    },
  }
}

/** Serves programs on this machine only. The check of `Host` keeps out web pages that use DNS rebinding. */
export function developmentRoute(issuer: DevelopmentIssuer): Route {
  return (request, { peerAddress }) =>
    isLoopbackRequest({ peerAddress, host: request.headers.get('host') })
      ? issuer.handle(request)
      : problem(403, { detail: 'The development issuer answers this machine only.' })
}

async function answerToken(
  shown: Request,
  mint: (request: TokenRequest) => Promise<object>,
): Promise<Response> {
  // A cross-origin page cannot send JSON without a CORS preflight, and this path answers none.
  const text = await readTextBody(fetchRequest(shown), 'application/json', maxBodySize)
  if (text instanceof Response) return text
  const body = parseJson(text)
  if (body === undefined) return problem(400, { detail: 'The body is not JSON.' })
  try {
    return json(await mint(body as TokenRequest))
  } catch (error) {
    if (!(error instanceof BadUserInputError)) throw error
    return problem(400, { detail: error.message })
  }
}

function json(body: object): Response {
  return Response.json(body, { headers: { 'cache-control': 'no-store' } })
}
