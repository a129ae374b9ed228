import DataLoader from 'dataloader'
import type { GraphQLSchema } from 'graphql'
import type { Caller } from '../audit/caller.ts'
import type { AuditStore } from '../audit/store.ts'
import type { Backends } from '../backends/backends.ts'
import { ServiceUnavailableError, UnauthenticatedError } from '../errors.ts'
import type { ApiKey, ScopeUse } from '../keys/api-key.ts'
import type { KeyChangeStreams } from '../keys/change-streams.ts'
import type { KeyService } from '../keys/keys.ts'
import type { Predictor } from '../keys/predictor.ts'
import type { OperationGuards } from '../limits/operation-guards.ts'
import type { Principal } from '../principal.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { Turns } from '../turns.ts'
import type { User } from '../users/user.ts'
import type { UserService } from '../users/users.ts'

/** The members of the context that resolvers use: the caller, the services of the domain, and loaders. */
export interface ResolverContext {
  readonly principal: Principal | null
  readonly requestId: string | null
  /** After the deadline the server has already responded, so resolvers must stop. */
  readonly deadline: { passed: boolean }
  readonly services: Services
  readonly loaders: Loaders
  /** The turns of the event loop in which long parts of the request run. */
  readonly turns: Turns
}

/** The context of the server's operations. */
export interface Context extends ResolverContext {
  /** Other services, called on behalf of the caller. */
  readonly backends: Backends
}

export interface Services {
  readonly keys: KeyService
  readonly keyChanges: KeyChangeStreams
  readonly users: UserService
  readonly audit: Pick<AuditStore, 'list' | 'count'>
  readonly predictor: Predictor
  /** All scopes that keys may carry. */
  readonly catalogue: ScopeCatalogue
  /** The schema of which `scopes` and `requiredScopes` tell. Default: the one that answers them. */
  readonly describedSchema?: GraphQLSchema | undefined
  /** The first part of every key, for `ApiKey.start`. */
  readonly keyPrefix: string
  /** The staleness bound: milliseconds until every node applies a change, whatever fails. */
  readonly maxStalenessMs: number
  /** The limits for documents, those in the input of `requiredScopes` too. */
  readonly operationGuards: OperationGuards
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** Loaders that fetch all owners of a page in one query, and all parents in one. */
export interface Loaders {
  readonly user: DataLoader<string, User | null>
  readonly apiKey: DataLoader<string, ApiKey | null>
  readonly scopeUses: DataLoader<string, readonly ScopeUse[]>
  readonly descendants: DataLoader<string, readonly ApiKey[]>
}

export interface LoaderOptions {
  /** Whether a loader returns a result again within the request, without a query. Default: true. */
  readonly cache?: boolean
}

/** The loaders of one request. Most requests need none, so each is created on first use. */
export class RequestLoaders implements Loaders {
  readonly #services: Pick<Services, 'keys' | 'users'>
  readonly #options: LoaderOptions
  #user: Loaders['user'] | null = null
  #apiKey: Loaders['apiKey'] | null = null
  #scopeUses: Loaders['scopeUses'] | null = null
  #descendants: Loaders['descendants'] | null = null

  constructor(services: Pick<Services, 'keys' | 'users'>, options: LoaderOptions = {}) {
    this.#services = services
    this.#options = options
  }

  get user(): Loaders['user'] {
    const { users } = this.#services
    this.#user ??= new DataLoader((ids) => users.findMany(ids).then(mutable), this.#options)
    return this.#user
  }

  get apiKey(): Loaders['apiKey'] {
    const { keys } = this.#services
    this.#apiKey ??= new DataLoader((ids) => keys.findMany(ids).then(mutable), this.#options)
    return this.#apiKey
  }

  get scopeUses(): Loaders['scopeUses'] {
    const { keys } = this.#services
    this.#scopeUses ??= new DataLoader(
      (ids) => keys.findScopeUses(ids).then(mutable),
      this.#options,
    )
    return this.#scopeUses
  }

  get descendants(): Loaders['descendants'] {
    const { keys } = this.#services
    this.#descendants ??= new DataLoader(
      (ids) => keys.findDescendants(ids).then(mutable),
      this.#options,
    )
    return this.#descendants
  }
}

/** The caller of a field that requires a credential. @throws ServiceUnavailableError after the deadline */
export function callerOf(context: ResolverContext): Caller {
  return { principal: principalOf(context), requestId: context.requestId }
}

export function principalOf({ principal, deadline }: ResolverContext): Principal {
  if (deadline.passed) throw new ServiceUnavailableError({ reason: 'time-limit' })
  if (principal === null) throw new UnauthenticatedError()
  return principal
}

function mutable<T>(list: readonly T[]): T[] {
  return [...list]
}
