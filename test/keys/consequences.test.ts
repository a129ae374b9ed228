import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuthenticator } from '../../src/credentials/create-authenticator.ts'
import { createKeyMaker } from '../../src/credentials/key-maker.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'
import { lostScopes } from '../../src/keys/consequences.ts'
import { createKeyService } from '../../src/keys/keys.ts'
import { createPredictor, type PlannedChange } from '../../src/keys/predictor.ts'
import type { Position } from '../../src/pagination.ts'
import { createScopeCatalogue } from '../../src/scopes.ts'
import { createUserService } from '../../src/users/users.ts'
import { openStores, type StoreFixture } from '../db/store-fixture.ts'
import { callerWith } from '../support/domain.ts'

const catalogue = createScopeCatalogue({ a: 'A.', b: 'B.', c: 'C.' })
const all = [...catalogue.keys()]
const scopes = ['a', 'b', 'c', 'manage:keys']
const maker = createKeyMaker('lk', createSecretHasher([]))
let stores: StoreFixture

beforeAll(async () => {
  stores = await openStores()
})
afterAll(() => stores.close())

const scopeSet = fc.uniqueArray(fc.constantFrom(...scopes), { minLength: 1 })
const ceiling = fc.option(fc.uniqueArray(fc.constantFrom(...scopes)), { nil: null })
const hour = 3_600_000

/** A key; `parent` is the number of an earlier key. */
const keyPlan = fc.record({
  scopes: scopeSet,
  parent: fc.option(fc.nat(), { nil: null }),
  revoked: fc.boolean(),
  expired: fc.boolean(),
})
const family = fc.record({
  ceiling,
  issuerCeiling: ceiling,
  keys: fc.array(keyPlan, { minLength: 1, maxLength: 7 }),
  change: fc.record({
    kind: fc.constantFrom(
      'deleteUser' as const,
      'suspendUser' as const,
      'setUserScopes' as const,
      'updateApiKey' as const,
      'revokeApiKey' as const,
    ),
    key: fc.nat(),
    scopes: fc.uniqueArray(fc.constantFrom(...scopes)),
    isNull: fc.boolean(),
  }),
})
type Family = typeof family extends fc.Arbitrary<infer T> ? T : never

interface Made {
  readonly id: string
  readonly key: string
  readonly scopes: readonly string[]
}

async function make({ ceiling, issuerCeiling, keys }: Family) {
  const owner = await stores.makeUser({ scopes: ceiling })
  if (issuerCeiling !== null) {
    const grants = JSON.stringify({ api: { scopes: issuerCeiling, iat: 1 } })
    await stores.sql`update latchkey.users set issuer_grants = ${grants}::text::jsonb where id = ${owner.id}`
  }
  const made: Made[] = []
  for (const plan of keys) {
    const parent = plan.parent === null ? undefined : made[plan.parent % (made.length + 1)]
    const { id, key, secretHash, secretPepper } = maker.newKey()
    const wanted = parent ? plan.scopes.filter((one) => parent.scopes.includes(one)) : plan.scopes
    if (wanted.length === 0) continue
    await stores.sql`
      insert into latchkey.api_keys (id, owner_id, parent_id, name, scopes, secret_hash, secret_pepper)
      values (${id}, ${owner.id}, ${parent?.id ?? null}, 'a key', ${wanted}, ${Buffer.from(secretHash)}, ${secretPepper})`
    made.push({ id, key, scopes: wanted })
  }
  for (const [n, plan] of keys.entries()) {
    const id = made[n]?.id
    // One key in four is dead, and with it its descendants.
    if (id === undefined || n % 4 !== 3) continue
    if (plan.revoked)
      await stores.sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
    if (plan.expired) {
      const past = new Date(Date.now() - hour)
      await stores.sql`update latchkey.api_keys set expires_at = ${past} where id = ${id}`
    }
  }
  return { owner, made }
}

/** The effective scopes of each key that is accepted. */
async function accepted(made: readonly Made[]) {
  // Without notifications of changes, nothing is cached.
  const { watch: _watch, ...directory } = stores.directory
  const authenticator = createAuthenticator({ directory, issuers: [] })
  const found = new Map<string, readonly string[]>()
  for (const { id, key } of made) {
    const outcome = await authenticator.authenticate({
      header: (name) => (name === 'authorization' ? `Bearer ${key}` : null),
      queryParameters: () => [],
    })
    if (outcome.kind === 'authenticated') found.set(id, [...outcome.principal.scopes].sort())
  }
  await authenticator.close()
  return found
}

function planned({ change }: Family, ownerId: string, made: readonly Made[]): PlannedChange | null {
  const key = made[change.key % made.length]
  switch (change.kind) {
    case 'deleteUser':
    case 'suspendUser':
      return { kind: change.kind, input: { id: ownerId } }
    case 'setUserScopes':
      return {
        kind: change.kind,
        input: { userId: ownerId, scopes: change.isNull ? null : change.scopes },
      }
    case 'updateApiKey': {
      const kept = change.scopes.filter((one) => key?.scopes.includes(one))
      return key === undefined || kept.length === 0
        ? null
        : { kind: change.kind, input: { id: key.id, scopes: kept } }
    }
    case 'revokeApiKey':
      return key === undefined ? null : { kind: change.kind, input: { id: key.id } }
  }
}

const options = { catalogue, now: Date.now }
const administrator = () => callerWith(all, { userId: '00000000-0000-4000-8000-000000000001' })

async function carryOut(change: PlannedChange) {
  const keys = createKeyService({
    ...options,
    store: stores.keys,
    maker,
    maxPerOwner: 100,
    maxLifetimeDays: null,
  })
  const users = createUserService({
    ...options,
    store: stores.users,
    issuers: ['https://issuer.example'],
    defaultScopes: null,
  })
  const by = administrator()
  switch (change.kind) {
    case 'deleteUser':
      return users.delete(by, { ...change.input, force: true })
    case 'suspendUser':
      return users.suspend(by, change.input.id, null)
    case 'setUserScopes':
      return users.setScopes(by, change.input)
    case 'updateApiKey':
      return keys.update(by, change.input)
    case 'revokeApiKey':
      return keys.revoke(by, change.input)
  }
}

it('what a change is predicted to stop or narrow is what it stops and narrows', async () => {
  const predictor = createPredictor({ ...options, keys: stores.keys, users: stores.users })
  const kinds = new Set<string>()
  await fc.assert(
    fc.asyncProperty(family, async (plan) => {
      const { owner, made } = await make(plan)
      const change = planned(plan, owner.id, made)
      if (change === null) return
      const { principal } = administrator()
      const revoked = await stores.sql`
        select id from latchkey.api_keys where owner_id = ${owner.id} and revoked_at is not null`
      // The mutation refuses the change of a revoked key.
      if (change.kind === 'updateApiKey' && revoked.some(({ id }) => id === change.input.id)) return

      const affected = await predictor.affected(principal, change)
      const predicted = new Map<string, unknown>()
      let after: Position | null = null
      for (let more = affected !== null; affected !== null && more; ) {
        const page = await predictor.list(affected, {
          limit: 2,
          after,
          before: null,
          fromEnd: false,
        })
        for (const key of page.rows) {
          const stops = affected.effect.kind === 'stop'
          predicted.set(key.id, { stops, lost: lostScopes(key, affected) })
          after = { at: key.createdAt, id: key.id }
        }
        more = page.more
      }
      if (affected !== null) expect(await predictor.count(affected)).toBe(predicted.size)

      const before = await accepted(made)
      await carryOut(change)
      const then = await accepted(made)
      const happened = new Map<string, unknown>()
      for (const [id, held] of before) {
        const left = then.get(id)
        const lost = held.filter((scope) => !left?.includes(scope))
        if (left === undefined || lost.length > 0) {
          happened.set(id, { stops: left === undefined, lost })
          kinds.add(change.kind)
        }
      }
      expect(predicted).toEqual(happened)
      expect([...then.keys()].filter((id) => !before.has(id))).toEqual([])
    }),
    { numRuns: 150, endOnFailure: true },
  )
  // Each kind of change has affected keys.
  expect(kinds.size).toBe(5)
}, 120_000)
