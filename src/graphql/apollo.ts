import type { FormattedExecutionResult, GraphQLError, GraphQLSchema } from 'graphql'
import { LatchkeyError } from '../errors.ts'
import { principalKeyOf } from '../principal.ts'
import { concernsOperation, denialIn } from './denial.ts'
import { principalOfGuarded, requireGuarded } from './guard-schema.ts'

/** The parts of a request of Apollo Server that `cacheOptions` use. */
export interface ApolloRequest {
  readonly schema: GraphQLSchema
  readonly contextValue: object
}

/** The parts of a request of Apollo Server that the plugin uses. */
interface ApolloContext extends ApolloRequest {
  readonly requestIsBatched: boolean
  readonly overallCachePolicy: {
    restrict(hint: { readonly maxAge: 0 } | { readonly scope: 'PRIVATE' }): void
    policyIfCacheable(): { readonly scope: 'PUBLIC' | 'PRIVATE' } | null
  }
}

/** The parts of an answer of Apollo Server that the plugin uses. */
interface ApolloAnswer {
  readonly errors?: readonly GraphQLError[]
  readonly logger: { error(message: string): void }
  readonly response: {
    readonly http: { status?: number; readonly headers: Pick<Map<string, string>, 'set'> }
    body:
      | { readonly kind: 'single'; readonly singleResult: FormattedExecutionResult }
      | { readonly kind: 'incremental'; readonly initialResult: FormattedExecutionResult }
  }
}

interface ApolloListener {
  executionDidStart(): Promise<{ executionDidEnd(): Promise<void> }>
  willSendResponse(answer: ApolloAnswer): Promise<void>
}

/** A plugin of Apollo Server 4 or 5, without a dependency on it. */
export interface ApolloGuardPlugin {
  serverWillStart(): Promise<{
    schemaDidLoadOrUpdate(schemas: { readonly apiSchema: GraphQLSchema }): void
  }>
  contextCreationDidFail(failed: { readonly error: Error }): Promise<void>
  requestDidStart(request: ApolloContext): Promise<ApolloListener>
  /** Options of `@apollo/server-plugin-response-cache`. With them, each key contains the principal. */
  readonly cacheOptions: ApolloCacheOptions
}

/**
 * Both functions return a text with the issuer, the subject and the effective scopes; `null`: the request is
 * anonymous. If the principal cannot be determined, the text is a new one, so that nothing is found.
 *
 * Pass them to one cache. Answers of a second one are then not refused, whatever its keys are.
 */
export interface ApolloCacheOptions {
  /** Is part of the keys of answers with the scope `PRIVATE`, which the cache keeps only with this option. */
  sessionId(request: ApolloRequest): Promise<string | null>
  /** Is part of all keys. */
  extraCacheKeyData(request: ApolloRequest): Promise<string | null>
}

/**
 * The plugin of Apollo Server for a schema that `guardSchema` guards: the answer to a denied operation gets the
 * HTTP status and headers of its error, unless it is in a batch. So does the answer to a request whose credential the
 * function `context` of the server refused. The server does not start with a schema that is not guarded. Its place among
 * the plugins does not matter: the status of a denial is also kept if a plugin sets another one, as that of NestJS does,
 * unless its hook waits before it does so.
 *
 * An answer to a caller who is not anonymous gets the cache scope `PRIVATE`, because Apollo Server assumes `PUBLIC`.
 * So HTTP caches that callers share do not store it.
 *
 * An answer with data that no execution of the request has produced, such as that of a response cache, is refused
 * with 500 and logged, unless the cache has the `cacheOptions`.
 */
export function apolloGuardPlugin(): ApolloGuardPlugin {
  const keys = new CacheKeys()
  return {
    async serverWillStart() {
      return { schemaDidLoadOrUpdate: ({ apiSchema }) => requireGuarded(apiSchema) }
    },

    async contextCreationDidFail({ error }) {
      if (error instanceof LatchkeyError) setHttp(error)
    },

    requestDidStart: (request) => Promise.resolve(new Listener(request, keys)),

    cacheOptions: {
      sessionId: (request) => keys.keyOf(request),
      extraCacheKeyData: (request) => keys.partOfAll(request),
    },
  }
}

/** The keys of the requests that a cache may answer. */
class CacheKeys {
  readonly #keys = new WeakMap<ApolloRequest, Promise<string | null>>()
  /** The requests whose principal is part of all keys. */
  readonly #keyed = new WeakSet<ApolloRequest>()

  /** Returns the same key each time, because the scopes of the principal may change meanwhile. */
  keyOf(request: ApolloRequest): Promise<string | null> {
    const key = this.#keys.get(request) ?? presentKey(request)
    this.#keys.set(request, key)
    return key
  }

  partOfAll(request: ApolloRequest): Promise<string | null> {
    this.#keyed.add(request)
    return this.keyOf(request)
  }

  hasPrincipal(request: ApolloRequest): boolean {
    return this.#keyed.has(request)
  }

  /** Whether the request has a key, and it is another one than `present`. */
  async isOutdated(request: ApolloRequest, present: string | null): Promise<boolean> {
    const key = this.#keys.get(request)
    return key !== undefined && (await key) !== present
  }
}

async function presentKey({ schema, contextValue }: ApolloRequest): Promise<string | null> {
  try {
    return principalKeyOf(await principalOfGuarded(schema, contextValue))
  } catch {
    // The operation is not answered from the cache, so it is executed, and fails with this error.
    return crypto.randomUUID()
  }
}

/**
 * Adds the status and headers to the error in the form that Apollo Server reads. Otherwise it answers every error of
 * `context` with 500. It has no hook that gets the answer, and no other way for a hook to set the status.
 */
function setHttp(error: LatchkeyError) {
  if ('http' in error.extensions) return // Refusals are created once, and thrown for many requests.
  const http = { status: error.status, headers: new Map(Object.entries(error.headers)) }
  Object.defineProperty(error, 'extensions', { value: { ...error.extensions, http } })
}

const advice =
  'A plugin answered a request with data that no execution of it produced, so the data may be those of another ' +
  'caller. If the plugin is a response cache, pass it the `cacheOptions` of `apolloGuardPlugin`.'

/** Apollo Server requires promises. The same one serves all requests. */
const done = Promise.resolve()

/** A class, because an object with a function for each member takes longer to create. */
class Listener implements ApolloListener {
  readonly #request: ApolloContext
  readonly #keys: CacheKeys
  #isExecuted = false

  constructor(request: ApolloContext, keys: CacheKeys) {
    this.#request = request
    this.#keys = keys
  }

  executionDidStart(): Promise<this> {
    this.#isExecuted = true
    // The principal may be another one when the execution ends, such as after a sign-out.
    void this.#keys.keyOf(this.#request)
    return Promise.resolve(this)
  }

  /** Runs before the hooks that store the answer and write `Cache-Control`. */
  executionDidEnd(): Promise<void> {
    const policy = this.#request.overallCachePolicy.policyIfCacheable()
    return policy === null ? done : this.#restrict(policy.scope)
  }

  async #restrict(scope: 'PUBLIC' | 'PRIVATE'): Promise<void> {
    const { overallCachePolicy } = this.#request
    const present = await presentKey(this.#request)
    // The caller or its scopes have changed meanwhile, so no cache may store the answer.
    if (await this.#keys.isOutdated(this.#request, present))
      overallCachePolicy.restrict({ maxAge: 0 })
    else if (present !== null && scope === 'PUBLIC')
      overallCachePolicy.restrict({ scope: 'PRIVATE' })
  }

  willSendResponse(answer: ApolloAnswer): Promise<void> {
    const { errors, logger, response } = answer
    const { http, body } = response
    if (!this.#isExecuted && hasData(body) && !this.#keys.hasPrincipal(this.#request)) {
      logger.error(advice)
      response.body = unknownOrigin()
      // The head is that of the whole batch.
      if (!this.#request.requestIsBatched) http.status = 500
      http.headers.set('cache-control', 'no-store')
      return done
    }
    const failure = denialIn(errors)
    if (failure === null) return done
    if (this.#request.requestIsBatched && concernsOperation(failure)) return done
    setHead(answer, failure)
    // Again after the hooks of all plugins have begun: that of NestJS sets 200 if an operation was executed. Another
    // one may replace `http`.
    return done.then(() => setHead(answer, failure))
  }
}

function setHead({ response: { http } }: ApolloAnswer, { status, headers }: LatchkeyError): void {
  http.status = status
  for (const [name, value] of Object.entries(headers)) http.headers.set(name, value)
}

/** A new object for each answer, because other plugins may add to it. */
function unknownOrigin(): ApolloAnswer['response']['body'] {
  const message = 'Something went wrong on our side.'
  const error = { message, extensions: { code: 'INTERNAL_SERVER_ERROR' } }
  return { kind: 'single', singleResult: { errors: [error] } }
}

/** An answer in parts may have its data in later parts. */
function hasData(body: ApolloAnswer['response']['body']): boolean {
  return body.kind === 'incremental' || (body.singleResult.data ?? null) !== null
}
