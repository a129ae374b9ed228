import { type Actor, operator } from '../audit/actor.ts'
import { actorOf, type Caller } from '../audit/caller.ts'
import { BadUserInputError, ConflictError, NotFoundError, ScopesNotHeldError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { Principal } from '../principal.ts'
import { requireDistinctScopes, requireKnownScopes } from '../scope-rules.ts'
import { holdsAll, type ScopeCatalogue } from '../scopes.ts'
import { optionalText, reasonRule, requiredText } from '../text-rules.ts'
import type { ApiKey, ApiKeyStatus, ScopeUse } from './api-key.ts'
import { checkMetadata, gracePeriod, maxLineageDepth, resolveExpiry } from './rules.ts'
import type { KeyChange, KeyFilter, KeyStore, Revocation } from './store.ts'

/** A key with its secret, which is nowhere but here: shown once. */
export interface IssuedKey {
  readonly apiKey: ApiKey
  /** The whole key. */
  readonly secret: string
}

export interface CreateKeyInput {
  readonly name: string
  readonly scopes: readonly string[]
  readonly description?: string | null | undefined
  readonly expiresAt?: Date | null | undefined
  readonly metadata?: JsonObject | null | undefined
}

export interface UpdateKeyInput {
  readonly id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly metadata?: JsonObject | null | undefined
  readonly scopes?: readonly string[] | null | undefined
}

export interface RotateKeyInput {
  readonly id: string
  readonly gracePeriodSeconds?: number | null | undefined
  readonly force?: boolean | null | undefined
}

export interface RevokeKeyInput {
  readonly id: string
  readonly reason?: string | null | undefined
}

export interface RevokeAllKeysInput {
  /** Left out, the caller. */
  readonly ownerId?: string | null | undefined
  readonly reason?: string | null | undefined
}

export interface ListKeysInput {
  readonly ownerId: string | null
  readonly status: ApiKeyStatus | null
}

/** Makes the text of keys and the hash that is stored of them. */
export interface KeyMaker {
  newKey(): MadeSecret & { readonly id: string }
  newSecret(id: string): MadeSecret
}

interface MadeSecret {
  /** The whole key. */
  readonly key: string
  readonly secretHash: Uint8Array
  /** Fingerprint of the pepper of that hash; empty: none. */
  readonly secretPepper: string
}

export interface KeyServiceOptions {
  readonly store: KeyStore
  readonly maker: KeyMaker
  readonly catalogue: ScopeCatalogue
  /** Keys that are neither revoked nor expired. */
  readonly maxPerUser: number
  /** `null`: no limit. */
  readonly maxLifetimeDays: number | null
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Told which scopes of a caller a rule here went by, beside those that the operation declares. */
  readonly onScopesNeeded?: (principal: Principal, scopes: readonly string[]) => void
}

/**
 * What a caller may do with API keys. Mutations on what is not there, or not for the caller to change,
 * throw NotFoundError; queries answer `null`. Neither text nor time tells which of the two it was: for
 * such a caller another's key is not even read.
 */
export interface KeyService {
  read(principal: Principal, id: string): Promise<ApiKey | null>
  /** In the order of `ids`, whosever they are: for keys that a visible key leads to. */
  findMany(ids: readonly string[]): Promise<readonly (ApiKey | null)[]>
  /** Which keys `list` and `count` mean, or `null` where the caller may see none of them. */
  filter(principal: Principal, input: ListKeysInput): KeyFilter | null
  list(filter: KeyFilter, page: PageRequest): Promise<Page<ApiKey>>
  count(filter: KeyFilter): Promise<number>
  create(caller: Caller, input: CreateKeyInput): Promise<IssuedKey>
  /** @param discloses whether the caller will be told more of the key than what became of it. Default true */
  update(caller: Caller, input: UpdateKeyInput, discloses?: boolean): Promise<ApiKey>
  rotate(caller: Caller, input: RotateKeyInput): Promise<IssuedKey>
  /** Ends the grace period of the last rotation now. */
  expirePrevious(caller: Caller, id: string): Promise<ApiKey>
  /** @param discloses as for `update` */
  revoke(caller: Caller, input: RevokeKeyInput, discloses?: boolean): Promise<Revocation>
  /** @returns how many were revoked, the one that the call was made with among them */
  revokeAll(caller: Caller, input: RevokeAllKeysInput): Promise<number>
  /** What each key's operations really needed; in the order of `ids`. One query. */
  findScopeUses(ids: readonly string[]): Promise<readonly (readonly ScopeUse[])[]>
  /**
   * A key made by an operator for `ownerId`, bound by the rules of form alone.
   * @param limit active keys of its owner at most, this one included; default: what is configured
   */
  createAsOperator(ownerId: string, input: CreateKeyInput, limit?: number): Promise<IssuedKey>
}

const readOthers = ['manage:keys', 'read:users']
const nameRule = { maxLength: 100 }
const descriptionRule = { maxLength: 500, multiline: true }

export function createKeyService(options: KeyServiceOptions): KeyService {
  const { store, maker, catalogue, maxPerUser, maxLifetimeDays } = options
  const note = options.onScopesNeeded ?? (() => {})
  const now = () => new Date(options.now())

  async function issue(
    ownerId: string,
    parent: { readonly id: string; readonly expiresAt: Date | null } | null,
    input: CreateKeyInput,
    scopes: readonly string[],
    by: Actor,
    limit = maxPerUser,
  ): Promise<IssuedKey> {
    const createdAt = now()
    const { id, key, secretHash, secretPepper } = maker.newKey()
    const outcome = await store.insert(
      {
        id,
        ownerId,
        parentId: parent?.id ?? null,
        name: requiredText('name', input.name, nameRule),
        description: optionalText('description', input.description, descriptionRule),
        scopes,
        metadata: checkMetadata(input.metadata ?? {}),
        secretHash,
        secretPepper,
        createdAt,
        expiresAt: resolveExpiry(input.expiresAt, createdAt, {
          parentExpiresAt: parent?.expiresAt ?? null,
          maxLifetimeDays,
        }),
      },
      limit,
      by,
    )
    switch (outcome) {
      case 'limit-reached':
        throw new ConflictError(
          `There may be ${maxPerUser} active ${maxPerUser === 1 ? 'key' : 'keys'} at most. Revoke one first.`,
        )
      case 'parent-gone':
        throw new ConflictError('The key that this one is made with was revoked meanwhile.')
      case 'too-deep':
        throw new ConflictError(
          `Keys made by keys may form a chain of at most ${maxLineageDepth}. Use one nearer to its start.`,
        )
      default:
        return { apiKey: outcome, secret: key }
    }
  }

  /** The key when it is one that the caller's credential may hand on or change: a key only itself and those it made. */
  async function changeable(principal: Principal, id: string): Promise<ApiKey> {
    const key = await store.find(id, principal.userId)
    if (key === null) throw new NotFoundError('API key')
    const { kind, id: credentialId } = principal.credential
    if (kind === 'API_KEY') {
      const within = credentialId !== null && (await store.isWithin(key.id, credentialId))
      if (!within) throw new NotFoundError('API key')
    }
    return key
  }

  /**
   * Another user's key, for one who manages keys.
   *
   * @throws ScopesNotHeldError, before anything is changed, when it would be read as well
   */
  async function managed(
    principal: Principal,
    id: string,
    discloses: boolean,
  ): Promise<ApiKey | null> {
    if (!principal.scopes.has('manage:keys')) return null
    const key = await store.find(id)
    if (key === null || key.ownerId === principal.userId) return null
    const needed = discloses ? readOthers : ['manage:keys']
    if (!holdsAll(needed, principal.scopes)) {
      throw new ScopesNotHeldError(
        needed.filter((scope) => !principal.scopes.has(scope)),
        "Reading another user's API key needs `read:users`, which you do not hold. Nothing was changed: ask for its `id`, `start`, `scopes`, `status`, `revokedAt` and `revokedReason` alone.",
      )
    }
    note(principal, needed)
    return key
  }

  /** One's own keys; with `manage:keys` and `read:users` everyone's. */
  function mayRead(principal: Principal, ownerId: string): boolean {
    if (ownerId === principal.userId) return true
    if (!holdsAll(readOthers, principal.scopes)) return false
    note(principal, readOthers)
    return true
  }

  /** No secret reaches a caller whose own scopes are less than what the secret opens. */
  function requireHeld(scopes: readonly string[], principal: Principal): void {
    if (!holdsAll(scopes, principal.scopes)) {
      throw new ScopesNotHeldError(scopes.filter((scope) => !principal.scopes.has(scope)))
    }
    note(principal, scopes)
  }

  return {
    async read(principal, id) {
      const own = await store.find(id, principal.userId)
      if (own !== null || !holdsAll(readOthers, principal.scopes)) return own
      const key = await store.find(id)
      return key !== null && mayRead(principal, key.ownerId) ? key : null
    },

    filter(principal, { ownerId, status }) {
      const owner = ownerId ?? principal.userId
      return mayRead(principal, owner) ? { ownerId: owner, status, now: now() } : null
    },

    findMany: store.findMany,
    findScopeUses: store.findScopeUses,
    list: store.list,
    count: store.count,

    async create(caller, input) {
      const { principal } = caller
      const scopes = requireKnownScopes('scopes', input.scopes, catalogue)
      requireHeld(scopes, principal)
      return issue(principal.userId, parentFor(principal), input, scopes, actorOf(caller))
    },

    async update(caller, input, discloses = true) {
      const { principal } = caller
      const other = await managed(principal, input.id, discloses)
      const key = other ?? (await changeable(principal, input.id))
      if (key.revokedAt !== null) throw revoked()
      if (other !== null) refuseAllButNarrowing(input)
      const change = keyChange(input, key)
      if (Object.keys(change).length === 0) return key
      const updated = await store.update(key.id, change, actorOf(caller))
      if (updated === null) throw revoked()
      return updated
    },

    async rotate(caller, input) {
      const { principal } = caller
      const grace = gracePeriod(input.gracePeriodSeconds)
      const key = await changeable(principal, input.id)
      requireHeld(key.scopes, principal)
      if (key.revokedAt !== null) throw revoked()
      const at = now()
      const { key: secret, secretHash, secretPepper } = maker.newSecret(key.id)
      const rotation = {
        secretHash,
        secretPepper,
        now: at,
        previousExpiresAt: new Date(at.getTime() + grace),
        force: input.force ?? false,
      }
      const outcome = await store.rotate(key.id, rotation, actorOf(caller))
      if (outcome === null) {
        throw new ConflictError('The API key has expired or was revoked. Make a new one.')
      }
      if ('until' in outcome) {
        throw new ConflictError(
          `The last rotation is still under way: the previous secret works until ${outcome.until.toISOString()}. ` +
            'Wait until then, or rotate with `force: true`, which ends it now.',
        )
      }
      return { apiKey: outcome, secret }
    },

    async expirePrevious(caller, id) {
      const key = await changeable(caller.principal, id)
      const expired = await store.expirePrevious(key.id, now(), actorOf(caller))
      if (expired === null) {
        throw new ConflictError('The API key has expired or was revoked, and its secrets with it.')
      }
      return expired
    },

    async revoke(caller, { id, reason }, discloses = true) {
      const { principal } = caller
      const key =
        (await store.find(id, principal.userId)) ?? (await managed(principal, id, discloses))
      if (key === null) throw new NotFoundError('API key')
      const text = optionalText('reason', reason, reasonRule)
      const revocation = await store.revoke(id, text, now(), actorOf(caller))
      if (revocation === null) throw new NotFoundError('API key')
      return revocation
    },

    async revokeAll(caller, { ownerId, reason }) {
      const { principal } = caller
      const owner = ownerId ?? principal.userId
      if (owner !== principal.userId) {
        if (!principal.scopes.has('manage:keys')) throw new NotFoundError('user')
        note(principal, ['manage:keys'])
      }
      const text = optionalText('reason', reason, reasonRule)
      const count = await store.revokeAll(owner, text, now(), actorOf(caller))
      if (count === null) throw new NotFoundError('user')
      return count
    },

    async createAsOperator(ownerId, input, limit) {
      const scopes = requireKnownScopes('scopes', input.scopes, catalogue)
      return issue(ownerId, null, input, scopes, operator, limit)
    },
  }
}

function parentFor({ credential }: Principal) {
  return credential.kind === 'API_KEY' && credential.id !== null
    ? { id: credential.id, expiresAt: credential.expiresAt }
    : null
}

function keyChange(input: UpdateKeyInput, key: ApiKey): KeyChange {
  return {
    ...(input.name != null && { name: requiredText('name', input.name, nameRule) }),
    ...(input.description !== undefined && {
      description: optionalText('description', input.description, descriptionRule),
    }),
    ...(input.metadata != null && { metadata: checkMetadata(input.metadata) }),
    ...(input.scopes != null && { scopes: narrowed(input.scopes, key) }),
  }
}

function narrowed(asked: readonly string[], key: ApiKey): readonly string[] {
  const scopes = requireDistinctScopes('scopes', asked)
  if (scopes.length === 0) {
    throw new BadUserInputError(
      'scopes',
      '`scopes` must keep at least one scope; or revoke the key.',
    )
  }
  if (!holdsAll(scopes, new Set(key.scopes))) {
    throw new BadUserInputError(
      'scopes',
      `\`scopes\` can only be narrowed: the key has ${key.scopes.join(', ')}. Make a new key for more.`,
    )
  }
  return scopes
}

function refuseAllButNarrowing(input: UpdateKeyInput): void {
  for (const field of ['name', 'description', 'metadata'] as const) {
    if (input[field] !== undefined) {
      throw new BadUserInputError(field, `\`${field}\` of a key is its owner's to change.`)
    }
  }
}

function revoked(): ConflictError {
  return new ConflictError('The API key was revoked and cannot be changed.')
}
