import type { ImportedKeyForm } from '../credentials/imported-key.ts'
import { BadUserInputError } from '../errors.ts'
import type { ApiKey, ApiKeyStatus, PreviousSecret } from '../keys/api-key.ts'
import { previousSecret } from '../keys/api-key.ts'
import type {
  CreateKeyInput,
  IssuedKey,
  RevokeAllKeysInput,
  RevokeKeyInput,
  RotateKeyInput,
  UpdateKeyInput,
} from '../keys/inputs.ts'
import { isKeyId } from '../keys/key-id.ts'
import { checkedKeySearch } from '../keys/rules.ts'
import { type KeySort, keySorts, sortValueOf } from '../keys/sort.ts'
import type { Principal } from '../principal.ts'
import type { Services } from '../schema/context.ts'
import { keyCursorForms } from '../schema/key-cursors.ts'
import { holdsAll } from '../scopes.ts'
import { type AnyCaller, type As, callerOf, type OwnAuthenticator, requireScope } from './caller.ts'
import { type ImportedKeys, type ImportKeysCall, importKeys } from './import-keys.ts'
import { checkInputs, pageInputs } from './inputs.ts'
import { type KeyOutcome, type KeyRecord, toOutcome, toRecords } from './key-records.ts'
import { emptyPage, type Page, type PageInputs, readPage } from './pages.ts'

export interface CreateKeyCall extends As, CreateKeyInput {
  /** The owner of the key: for `operator` only, which needs it. A principal creates keys of its own user. */
  readonly ownerId?: string | null | undefined
}

export interface CreatedKey {
  readonly key: KeyRecord
  /** The complete key, which a client sends. It cannot be read again. */
  readonly secret: string
}

export interface ListKeysCall extends As, PageInputs {
  /** The owner of the keys. Default: the user of the principal. `operator` needs it. */
  readonly ownerId?: string | null | undefined
  /** Default: any status. */
  readonly status?: ApiKeyStatus | null | undefined
  /**
   * Only keys whose name begins with this text, in any case, and the key whose `id` or `start` it is. At most 200
   * characters. Default, and if empty: all keys.
   */
  readonly search?: string | null | undefined
  /**
   * `NEWEST` by `createdAt`, the latest first; `NAME` without the case of letters; `LAST_USED`, the latest first;
   * `EXPIRES`, the earliest first. Default: `NEWEST`.
   */
  readonly sort?: KeySort | null | undefined
}

export interface OneKeyCall extends As {
  readonly id: string
}

export interface RotatedKey {
  readonly key: KeyOutcome & {
    /** The secret that the rotation replaced; `null` if it no longer works. */
    readonly previousSecret: PreviousSecret | null
  }
  /** The complete new key. It cannot be read again. */
  readonly secret: string
}

export interface RevokedKey {
  readonly key: KeyOutcome
  /** The descendants that were revoked with the key. */
  readonly descendants: readonly KeyOutcome[]
}

/**
 * API keys as a service, with the rules, scopes and errors of the GraphQL API. A change returns only what every
 * caller that may make it may see; `get` and `list` return the rest.
 *
 * Every method throws `InsufficientScopeError` if the principal lacks the scope named here, `BadUserInputError`
 * for an input that is not valid, `NotFoundError` for a key that does not exist or that the caller may not
 * change, and `ServiceUnavailableError` when the database cannot be reached. For `as` see {@link As}.
 */
export interface Keys {
  /**
   * Creates a key: `write:keys`. A key that a key creates is its child.
   *
   * @throws ScopesNotHeldError if the principal lacks a scope of the new key
   * @throws ConflictError if the owner has too many keys, or the parent was revoked
   */
  create(call: CreateKeyCall): Promise<CreatedKey>
  /**
   * Imports keys of another key system, for `operator` only. They work until they expire, and a rotation replaces one
   * by a key of this system. A key that was imported before is left as it is.
   *
   * @throws BadUserInputError, ConflictError or NotFoundError at the first key that cannot be imported. The keys
   *   before it are imported, and a second call with the same keys continues
   */
  import(call: ImportKeysCall): Promise<ImportedKeys>
  /** Lists the keys of one user: `read:keys`, for another user also `manage:keys` and `read:users`. */
  list(call: ListKeysCall): Promise<Page<KeyRecord>>
  /** Returns one key, or `null`. Scopes as for `list`. */
  get(call: OneKeyCall): Promise<KeyRecord | null>
  /**
   * Changes the name, description, metadata or scopes of a key: `write:keys`. `scopes` removes scopes, also from
   * the descendants; `addScopes` adds scopes.
   *
   * @throws ScopesNotHeldError if the principal or the parent of the key lacks an added scope
   * @throws ConflictError if the key is revoked, or gets scopes in the grace period of a rotation
   */
  update(call: As & UpdateKeyInput): Promise<KeyOutcome>
  /**
   * Gives a key a new secret: `write:keys`. The old one works until the grace period ends.
   *
   * @throws ScopesNotHeldError if the principal lacks a scope of the key
   * @throws ConflictError in the grace period of an earlier rotation, without `force`
   */
  rotate(call: As & RotateKeyInput): Promise<RotatedKey>
  /** Ends the grace period of the last rotation: `write:keys`. @throws ConflictError */
  expirePrevious(call: OneKeyCall): Promise<KeyOutcome>
  /** Revokes a key and its descendants: `write:keys`, for another user's key also `manage:keys`. */
  revoke(call: As & RevokeKeyInput): Promise<RevokedKey>
  /**
   * Revokes all keys of a user, by default that of the principal: `write:keys`, for another user also
   * `manage:keys`. `operator` needs `ownerId`.
   *
   * @returns the number of keys; `null` for another user's keys if the principal may not list them
   */
  revokeAll(call: As & RevokeAllKeysInput): Promise<number | null>
}

export function createKeys(
  services: Services,
  authenticator: OwnAuthenticator,
  importedForms: readonly ImportedKeyForm[] = [],
): Keys {
  const outcome = (key: ApiKey) => toOutcome(services, key)

  /** Checks `as` first, so that no other error hides a wrong one. */
  function ask(call: As, scope: string): AnyCaller {
    const caller = callerOf(authenticator, call)
    if (caller.kind === 'principal') requireScope(authenticator, caller.principal, scope)
    return caller
  }

  return {
    ...reading(services, ask),
    ...issuing(services, ask),
    ...changing(services, ask, outcome),
    import: (call) => importKeys(services, importedForms, ask(call, 'write:keys'), call),
  }
}

type Ask = (call: As, scope: string) => AnyCaller

function reading(services: Services, ask: Ask) {
  const { keys, now } = services
  return {
    async list(call) {
      const caller = ask(call, 'read:keys')
      checkInputs(call, {
        ownerId: 'text',
        status: 'text',
        search: 'text',
        sort: 'text',
        ...pageInputs,
      })
      const status = checkedStatus(call.status)
      const search = checkedKeySearch(call.search)
      const sort = checkedSort(call.sort)
      const filter =
        caller.kind === 'operator'
          ? { ownerId: requiredOwner(call.ownerId), status, now: new Date(now()), search, sort }
          : keys.filter(caller.principal, { ownerId: call.ownerId ?? null, status, search, sort })
      if (filter === null) return emptyPage()
      return readPage(call, {
        isId: isKeyId,
        at: (key: ApiKey) => sortValueOf(sort, key),
        form: keyCursorForms[sort],
        list: (request) => keys.list(filter, request),
        count: () => keys.count(filter),
        view: (rows) => toRecords(services, rows),
      })
    },

    async get(call) {
      const caller = ask(call, 'read:keys')
      checkInputs(call, { id: 'text!' })
      const key =
        caller.kind === 'operator'
          ? await keys.asOperator().find(call.id)
          : await keys.read(caller.principal, call.id)
      if (key === null) return null
      const [record = null] = await toRecords(services, [key])
      return record
    },
  } satisfies Partial<Keys>
}

function issuing(services: Services, ask: Ask) {
  const { keys } = services

  function issue(caller: AnyCaller, { ownerId, ...input }: CreateKeyCall): Promise<IssuedKey> {
    if (caller.kind === 'operator') {
      return keys.asOperator(caller.requestId).create(requiredOwner(ownerId), input)
    }
    if (ownerId != null) {
      throw new BadUserInputError(
        'ownerId',
        'A principal creates keys of its own user: leave `ownerId` out.',
      )
    }
    return keys.create(caller, input)
  }

  return {
    async create(call) {
      const caller = ask(call, 'write:keys')
      checkInputs(call, {
        name: 'text!',
        scopes: 'texts!',
        description: 'text',
        expiresAt: 'date',
        metadata: 'json',
        ownerId: 'text',
      })
      const { apiKey, secret } = await issue(caller, call)
      const [key] = await toRecords(services, [apiKey])
      return { key: key as KeyRecord, secret }
    },

    async rotate(call) {
      const caller = ask(call, 'write:keys')
      checkInputs(call, { id: 'text!', gracePeriodSeconds: 'integer', force: 'boolean' })
      const { apiKey, secret } =
        caller.kind === 'operator'
          ? await keys.asOperator(caller.requestId).rotate(call)
          : await keys.rotate(caller, call)
      const previous = previousSecret(apiKey, new Date(services.now()))
      return { key: { ...toOutcome(services, apiKey), previousSecret: previous }, secret }
    },
  } satisfies Partial<Keys>
}

function changing({ keys }: Services, ask: Ask, outcome: (key: ApiKey) => KeyOutcome) {
  return {
    async update(call) {
      const caller = ask(call, 'write:keys')
      checkInputs(call, {
        id: 'text!',
        name: 'text',
        description: 'text',
        metadata: 'json',
        scopes: 'texts',
        addScopes: 'texts',
      })
      return outcome(
        caller.kind === 'operator'
          ? await keys.asOperator(caller.requestId).update(call)
          : await keys.update(caller, call, false),
      )
    },

    async expirePrevious(call) {
      const caller = ask(call, 'write:keys')
      checkInputs(call, { id: 'text!' })
      return outcome(
        caller.kind === 'operator'
          ? await keys.asOperator(caller.requestId).expirePrevious(call.id)
          : await keys.expirePrevious(caller, call.id),
      )
    },

    async revoke(call) {
      const caller = ask(call, 'write:keys')
      checkInputs(call, { id: 'text!', reason: 'text' })
      const { key, descendants } =
        caller.kind === 'operator'
          ? await keys.asOperator(caller.requestId).revoke(call)
          : await keys.revoke(caller, call, false)
      return { key: outcome(key), descendants: descendants.map(outcome) }
    },

    async revokeAll(call) {
      const caller = ask(call, 'write:keys')
      checkInputs(call, { ownerId: 'text', reason: 'text' })
      if (caller.kind === 'principal') {
        const count = await keys.revokeAll(caller, call)
        return mayCount(caller.principal, call.ownerId) ? count : null
      }
      const ownerId = requiredOwner(call.ownerId)
      return keys.asOperator(caller.requestId).revokeAll({ ...call, ownerId })
    },
  } satisfies Partial<Keys>
}

function mayCount({ userId, scopes }: Principal, ownerId: string | null | undefined): boolean {
  return ownerId == null || ownerId === userId || holdsAll(['read:keys', 'read:users'], scopes)
}

function requiredOwner(ownerId: string | null | undefined): string {
  if (ownerId != null) return ownerId
  throw new BadUserInputError('ownerId', '`ownerId` is required for the operator.')
}

function checkedStatus(status: string | null | undefined): ApiKeyStatus | null {
  if (status == null) return null
  const known = (['ACTIVE', 'EXPIRED', 'REVOKED'] as const).find((name) => name === status)
  if (known !== undefined) return known
  throw new BadUserInputError('status', '`status` must be ACTIVE, EXPIRED or REVOKED.')
}

function checkedSort(sort: string | null | undefined): KeySort {
  if (sort == null) return 'NEWEST'
  const known = keySorts.find((name) => name === sort)
  if (known !== undefined) return known
  throw new BadUserInputError('sort', `\`sort\` must be one of ${keySorts.join(', ')}.`)
}
