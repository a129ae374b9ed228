import { refuse } from '../credentials/authentication.ts'
import type { Authentication, Authenticator, Refusal } from '../credentials/authenticator.ts'
import type { CredentialCarrier } from '../credentials/presented-credential.ts'
import { type LatchkeyError, RateLimitedError, ServiceUnavailableError } from '../errors.ts'
import type { FoundSession, PageSessions } from './page-sessions.ts'

/** Carries the JWT of a session as if the request had sent it. */
export class SessionCarrier implements CredentialCarrier {
  readonly #token: string

  constructor({ tokens }: Pick<FoundSession, 'tokens'>) {
    this.#token = tokens.token
  }

  header(name: string): string | null {
    return name === 'authorization' ? `Bearer ${this.#token}` : null
  }

  queryParameters(): readonly string[] {
    return []
  }
}

/** Hides the method of each request from an authenticator, so that no session of the application counts. */
export function ignoringSessions<A extends Authenticator>(authenticator: A): A {
  const hide = (carrier: CredentialCarrier): CredentialCarrier => ({
    header: (name) => carrier.header(name),
    queryParameters: (name) => carrier.queryParameters(name),
    apiKeyParameter: carrier.apiKeyParameter ?? null,
    clientAddress: () => carrier.clientAddress?.() ?? null,
  })
  return {
    ...authenticator,
    authenticate: (carrier) => authenticator.authenticate(hide(carrier)),
    recheck: (carrier) =>
      authenticator.recheck?.(hide(carrier)) ?? authenticator.authenticate(hide(carrier)),
  }
}

interface Remembered {
  readonly carrier: SessionCarrier
  /** The time of the lookup, by `performance.now()`. */
  readonly at: number
}

/**
 * Adds the sessions of a page to an authenticator: a request without another credential has the JWT that its
 * session holds, which is then verified like any other one. A request with a credential costs nothing more.
 */
export function withPageSessions<A extends Authenticator>(
  authenticator: A,
  sessions: Pick<PageSessions, 'mayHave' | 'find'>,
): A {
  /** The requests that came with a session. Those that last are checked again. */
  const remembered = new WeakMap<CredentialCarrier, Remembered>()
  const recheck = (carrier: CredentialCarrier) =>
    authenticator.recheck?.(carrier) ?? authenticator.authenticate(carrier)

  async function carrierOf(carrier: CredentialCarrier): Promise<SessionCarrier | null> {
    const at = performance.now()
    const found = await sessions.find(carrier)
    if (found === null) return null
    const own = new SessionCarrier(found)
    remembered.set(carrier, { carrier: own, at })
    return own
  }

  return {
    ...authenticator,

    authenticate(carrier) {
      const found = authenticator.authenticate(carrier)
      if (found instanceof Promise || found.kind !== 'anonymous' || !sessions.mayHave(carrier)) {
        return found
      }
      return unlessFailed(async () => {
        const own = await carrierOf(carrier)
        return own === null ? found : await authenticator.authenticate(own)
      })
    },

    recheck(carrier) {
      const known = remembered.get(carrier)
      if (known === undefined) return recheck(carrier)
      const { sessionRecheckMs = 1_000 } = authenticator
      if (performance.now() - known.at < sessionRecheckMs) return recheck(known.carrier)
      return unlessFailed(async () => {
        const own = await carrierOf(carrier)
        return own === null ? refuse('session-ended') : await recheck(own)
      })
    },
  }
}

/** Refuses a request whose session cannot be looked up, or whose sender has sent too many cookies without one. */
async function unlessFailed(find: () => Promise<Authentication>): Promise<Authentication> {
  try {
    return await find()
  } catch (error) {
    if (error instanceof RateLimitedError) return refusedBy('session-ended', error)
    if (error instanceof ServiceUnavailableError) return refusedBy('unavailable', error)
    throw error
  }
}

function refusedBy(reason: Refusal['reason'], error: LatchkeyError): Authentication {
  return { kind: 'refused', refusal: { reason, credentialId: null, error } }
}
