import DataLoader from 'dataloader'
import type { Caller } from '../audit/caller.ts'
import type { AuditStore } from '../audit/store.ts'
import type { Backends } from '../backends/backends.ts'
import { ServiceUnavailableError, UnauthenticatedError } from '../errors.ts'
import type { ApiKey, ScopeUse } from '../keys/api-key.ts'
import type { KeyService } from '../keys/keys.ts'
import type { OperationGuards } from '../limits/operation-guards.ts'
import type { Principal } from '../principal.ts'
import type { Turns } from '../turns.ts'
import type { User } from '../users/user.ts'
import type { UserService } from '../users/users.ts'

/** What resolvers get: who asks, the domain, and per-request loaders. */
export interface Context {
  readonly principal: Principal | null
  readonly requestId: string | null
  /** Once it has passed the request was answered without what its resolvers may still find. */
  readonly deadline: { passed: boolean }
  readonly services: Services
  readonly loaders: Loaders
  /** For the parts of the request that take long. */
  readonly turns: Turns
  /** Other services, called for whoever asks. */
  readonly backends: Backends
}

export interface Services {
  readonly keys: KeyService
  readonly users: UserService
  readonly audit: Pick<AuditStore, 'list' | 'count'>
  /** First part of every key, for showing what a key starts with. */
  readonly keyPrefix: string
  /** Within which every node honours a change, whatever fails. */
  readonly maxStalenessMs: number
  /** What documents must keep to, those that are handed over as input too. */
  readonly operationGuards: OperationGuards
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** One query for all owners of a page, one for all parents, whatever its length. */
export interface Loaders {
  readonly user: DataLoader<string, User | null>
  readonly apiKey: DataLoader<string, ApiKey | null>
  readonly scopeUses: DataLoader<string, readonly ScopeUse[]>
}

/** Those of one request. Most need none, so each is made when it is asked for. */
export class RequestLoaders implements Loaders {
  readonly #services: Pick<Services, 'keys' | 'users'>
  #user: Loaders['user'] | null = null
  #apiKey: Loaders['apiKey'] | null = null
  #scopeUses: Loaders['scopeUses'] | null = null

  constructor(services: Pick<Services, 'keys' | 'users'>) {
    this.#services = services
  }

  get user(): Loaders['user'] {
    const { users } = this.#services
    this.#user ??= new DataLoader((ids) => users.findMany(ids).then(mutable))
    return this.#user
  }

  get apiKey(): Loaders['apiKey'] {
    const { keys } = this.#services
    this.#apiKey ??= new DataLoader((ids) => keys.findMany(ids).then(mutable))
    return this.#apiKey
  }

  get scopeUses(): Loaders['scopeUses'] {
    const { keys } = this.#services
    this.#scopeUses ??= new DataLoader((ids) => keys.findScopeUses(ids).then(mutable))
    return this.#scopeUses
  }
}

/** The caller of a field that is declared to need one. @throws ServiceUnavailableError when its time is up */
export function callerOf(context: Context): Caller {
  return { principal: principalOf(context), requestId: context.requestId }
}

export function principalOf({ principal, deadline }: Context): Principal {
  if (deadline.passed) throw new ServiceUnavailableError({ reason: 'time-limit' })
  if (principal === null) throw new UnauthenticatedError()
  return principal
}

function mutable<T>(list: readonly T[]): T[] {
  return [...list]
}
