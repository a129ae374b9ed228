import { NotFoundError } from '../errors.ts'
import { userOwner } from '../owner.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { Principal } from '../principal.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { SetUserScopesInput } from '../users/inputs.ts'
import { grantCheck } from '../users/set-scopes.ts'
import type { UserStore } from '../users/store.ts'
import { grantOf, type User } from '../users/user.ts'
import { createKeyAccess } from './access.ts'
import type { ApiKey } from './api-key.ts'
import { narrowedScopes } from './change.ts'
import { findRevocable, findUpdatable } from './changeable.ts'
import type { AffectedKeys, Effect } from './consequences.ts'
import type { RevokeKeyInput, UpdateKeyInput } from './inputs.ts'
import type { KeyStore } from './store.ts'

/** A change that may stop or narrow keys, with the input of its mutation. */
export type PlannedChange =
  | { readonly kind: 'deleteUser' | 'suspendUser'; readonly input: { readonly id: string } }
  | { readonly kind: 'setUserScopes'; readonly input: SetUserScopesInput }
  | { readonly kind: 'updateApiKey'; readonly input: UpdateKeyInput }
  | { readonly kind: 'revokeApiKey'; readonly input: RevokeKeyInput }

export interface PredictorOptions {
  readonly keys: Pick<KeyStore, 'find' | 'isWithin' | 'listAffected' | 'countAffected'>
  readonly users: Pick<UserStore, 'find'>
  readonly catalogue: ScopeCatalogue
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Called with scopes of the caller that a rule here required. */
  readonly onScopesNeeded?: (principal: Principal, scopes: readonly string[]) => void
}

/** Predicts which keys a change would stop or narrow, without making it. */
export interface Predictor {
  /**
   * The keys that a change of the caller may affect; `null` if it affects none.
   *
   * @throws NotFoundError if the caller may not make the change, or may not read the keys
   * @throws BadUserInputError, ScopesNotHeldError, ConflictError as the mutation does
   */
  affected(principal: Principal, change: PlannedChange): Promise<AffectedKeys | null>
  /** Lists the keys that stop or lose scopes, newest first. */
  list(affected: AffectedKeys, page: PageRequest): Promise<Page<ApiKey>>
  count(affected: AffectedKeys): Promise<number>
}

export function createPredictor(options: PredictorOptions): Predictor {
  const { keys, users, catalogue, onScopesNeeded = () => {} } = options
  const access = createKeyAccess(keys, onScopesNeeded)
  const now = () => new Date(options.now())

  async function readableOwner(principal: Principal, id: string): Promise<User> {
    const user = await users.find(id)
    if (user === null || !access.mayRead(principal, userOwner(user.id))) {
      throw new NotFoundError('user')
    }
    return user
  }

  async function ofKey(key: ApiKey, effect: Effect): Promise<AffectedKeys> {
    const owner = await users.find(key.ownerId)
    if (owner === null) throw new NotFoundError('API key')
    return { ...ofUser(owner, effect, now()), keyId: key.id }
  }

  async function requireReadable(principal: Principal, id: string): Promise<void> {
    if ((await access.read(principal, id)) === null) throw new NotFoundError('API key')
  }

  return {
    async affected(principal, change) {
      switch (change.kind) {
        case 'deleteUser':
        case 'suspendUser': {
          const user = await readableOwner(principal, change.input.id)
          const isDone = change.kind === 'suspendUser' && user.status === 'SUSPENDED'
          return isDone ? null : ofUser(user, { kind: 'stop' }, now())
        }
        case 'setUserScopes': {
          const { scopes, check } = grantCheck(
            { catalogue, onScopesNeeded },
            principal,
            change.input,
          )
          const user = await readableOwner(principal, change.input.userId)
          check(user)
          return ofUser(user, toGrant(user, scopes), now())
        }
        case 'updateApiKey': {
          await requireReadable(principal, change.input.id)
          const { key } = await findUpdatable({ access, catalogue }, principal, change.input)
          const scopes = narrowedScopes(change.input, key)
          return scopes === null ? null : ofKey(key, { kind: 'keep', scopes })
        }
        case 'revokeApiKey': {
          await requireReadable(principal, change.input.id)
          const key = await findRevocable(access, principal, change.input.id)
          return ofKey(key, { kind: 'stop' })
        }
      }
    },
    list: keys.listAffected,
    count: keys.countAffected,
  }
}

/** The keys of a user that a change of the user affects. */
export function ofUser(user: User, effect: Effect, now: Date): AffectedKeys {
  return { ownerId: user.id, keyId: null, grant: grantOf(user), effect, now }
}

/** The effect of a new grant (`null`: no ceiling) of a user. */
export function toGrant(user: User, scopes: readonly string[] | null): Effect {
  return { kind: 'grant', grant: { ...grantOf(user), ceiling: scopes } }
}
