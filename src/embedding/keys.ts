import type { ImportedKeyForm } from '../credentials/imported-key.ts'
import { BadUserInputError } from '../errors.ts'
import type { ApiKey, ApiKeyStatus } from '../keys/api-key.ts'
import { previousSecret } from '../keys/api-key.ts'
import type { IssuedKey } from '../keys/inputs.ts'
import { isKeyId } from '../keys/key-id.ts'
import { checkedKeySearch } from '../keys/rules.ts'
import { type KeySort, keySorts, sortValueOf } from '../keys/sort.ts'
import type { Principal } from '../principal.ts'
import type { Services } from '../schema/context.ts'
import { keyCursorForms } from '../schema/key-cursors.ts'
import { holdsAll } from '../scopes.ts'
import { type AnyCaller, type As, callerOf, type OwnAuthenticator, requireScope } from './caller.ts'
import { importKeys } from './import-keys.ts'
import { checkInputs, pageInputs } from './inputs.ts'
import type { CreateKeyCall, Keys } from './key-calls.ts'
import { type KeyOutcome, type KeyRecord, toOutcome, toRecords } from './key-records.ts'
import { emptyPage, readPage } from './pages.ts'

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
