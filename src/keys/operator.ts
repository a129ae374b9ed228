import type { Actor } from '../audit/actor.ts'
import { NotFoundError } from '../errors.ts'
import { userOwner } from '../owner.ts'
import { requireKnownScopes } from '../scope-rules.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import type { ApiKey } from './api-key.ts'
import { changeKey, expirePreviousSecret } from './change.ts'
import type {
  CreateKeyInput,
  ImportKeyInput,
  IssuedKey,
  RevokeAllKeysInput,
  RevokeKeyInput,
  RotateKeyInput,
  UpdateKeyInput,
} from './inputs.ts'
import { type IssueOptions, issueKey, KeyIdTakenError } from './issue.ts'
import { rotateKey } from './rotate.ts'
import { requireImportExpiry } from './rules.ts'
import type { KeyStore, Revocation } from './store.ts'
import { requestedWidening } from './widen.ts'

/** The operations of an operator on the keys of every user, without the checks of a caller's scopes. */
export interface OperatorKeyService {
  find(id: string): Promise<ApiKey | null>
  /**
   * @param limit the most active keys that the owner may then have, this one included; default: `maxPerOwner`
   */
  create(ownerId: string, input: CreateKeyInput, limit?: number): Promise<IssuedKey>
  /**
   * Imports a key of another key system.
   *
   * @param digest the SHA-256 of the key, in lower-case hexadecimal
   * @returns the key; `null` if it was imported before
   */
  import(ownerId: string, input: ImportKeyInput, digest: string): Promise<ApiKey | null>
  update(input: UpdateKeyInput): Promise<ApiKey>
  rotate(input: RotateKeyInput): Promise<IssuedKey>
  expirePrevious(id: string): Promise<ApiKey>
  revoke(input: RevokeKeyInput): Promise<Revocation>
  /** @returns the number of keys that were revoked */
  revokeAll(input: RevokeAllKeysInput & { readonly ownerId: string }): Promise<number>
}

export interface OperatorKeysOptions extends IssueOptions {
  readonly store: KeyStore
  readonly catalogue: ScopeCatalogue
}

export function createOperatorKeys(options: OperatorKeysOptions, by: Actor): OperatorKeyService {
  const { store, catalogue, now } = options

  async function existing(id: string): Promise<ApiKey> {
    const key = await store.find(id)
    if (key === null) throw new NotFoundError('API key')
    return key
  }

  return {
    find: (id) => store.find(id),

    async create(ownerId, input, limit) {
      const scopes = requireKnownScopes('scopes', input.scopes, catalogue)
      const owner = userOwner(ownerId)
      return issueKey(options, { owner, parent: null, input, scopes, by, limit })
    },

    async import(ownerId, input, digest) {
      const scopes = requireKnownScopes('scopes', input.scopes, catalogue)
      const made = options.maker.importedKey(digest)
      requireImportExpiry(input.expiresAt, now())
      if ((await store.find(made.id)) !== null) return null
      const maker = { ...options.maker, newKey: () => ({ ...made, key: '' }) }
      const owner = userOwner(ownerId)
      const issuing = { ...options, maker }
      try {
        return (await issueKey(issuing, { owner, parent: null, input, scopes, by })).apiKey
      } catch (error) {
        if (error instanceof KeyIdTakenError) return null
        throw error
      }
    },

    async update(input) {
      const addScopes = requestedWidening(input, catalogue)
      const change = { store, by, addScopes, now: now(), limitsToGrant: false }
      return changeKey(change, await existing(input.id), input)
    },

    async rotate(input) {
      await existing(input.id)
      return rotateKey(options, input, by, null)
    },

    async expirePrevious(id) {
      await existing(id)
      return expirePreviousSecret(store, id, now(), by)
    },

    async revoke({ id, reason }) {
      const text = optionalText('reason', reason, reasonRule)
      const revocation = await store.revoke(id, text, now(), by)
      if (revocation === null) throw new NotFoundError('API key')
      return revocation
    },

    async revokeAll({ ownerId, reason }) {
      const text = optionalText('reason', reason, reasonRule)
      const count = await store.revokeAll(ownerId, text, now(), by)
      if (count === null) throw new NotFoundError('user')
      return count
    },
  }
}
