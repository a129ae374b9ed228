import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { startDeadline } from '../../src/db/deadline.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createPool } from '../../src/db/pool.ts'
import { KnownPrimary } from '../../src/db/proof.ts'
import { createReplicaCheck } from '../../src/db/replica.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import {
  type DatabaseProxy,
  lookups,
  reads,
  startDatabaseProxy,
} from '../support/database-proxy.ts'
import { startStandbyPair } from '../support/standby.ts'
import { ada, newKey, now } from './store-fixture.ts'

/** A replica that has received no change yet, which shows which server was asked. */
let behind: TestDatabase
let primary: TestDatabase
let network: DatabaseProxy
let database: Database

beforeAll(async () => {
  primary = await createTestDatabase()
  behind = await createTestDatabase()
  network = await startDatabaseProxy(behind.url)
  database = openDatabase({ url: primary.url, readUrl: network.url, defaultUserScopes: null })
})
afterAll(async () => {
  await database.close()
  await network.close()
  await primary.close()
  await behind.close()
})

const issuer = 'https://issuer.example'
const everyone = { status: null, search: null }
const page = { limit: 10, after: null, before: null, fromEnd: false }

async function makeUserWithKey(subject: string) {
  const made = await database.users.insert(
    { issuer, subject, email: null, name: null, scopes: null },
    ada,
  )
  if (made === 'duplicate') throw new Error('There is that user already.')
  const key = newKey(made)
  await database.keys.insert(key, 100, ada)
  return { user: made, key }
}

describe('a read replica', () => {
  it('is asked for lists and counts', async () => {
    const { user } = await makeUserWithKey('listed')
    const ofUser = { ownerId: user.id, status: null, now }
    const asked = network.statements(reads)
    expect((await database.users.list(everyone, page)).rows).toEqual([])
    expect((await database.keys.list(ofUser, page)).rows).toEqual([])
    expect((await database.audit.list({}, page)).rows).toEqual([])
    expect(await database.users.count(everyone)).toBe(0)
    expect(await database.keys.count(ofUser)).toBe(0)
    expect(await database.audit.count({})).toBe(0)
    expect(network.statements(reads) - asked).toBe(6)
  })

  it('is never asked about a credential, nor for data that is about to change', async () => {
    const { user, key } = await makeUserWithKey('verified')
    await database.users.list(everyone, page)
    const counted = () => network.statements(lookups) + network.statements(reads)
    const asked = counted()
    expect((await database.directory.findKeyForVerification(key.id))?.owner.userId).toBe(user.id)
    const sighting = { issuer, subject: 'verified', grant: null }
    expect((await database.directory.admitUser(sighting))?.userId).toBe(user.id)
    expect((await database.users.find(user.id))?.id).toBe(user.id)
    expect((await database.keys.find(key.id))?.id).toBe(key.id)
    expect(await database.keys.isWithin(key.id, key.id)).toBe(true)
    expect(await database.keys.revoke(key.id, null, now, ada)).not.toBeNull()
    expect(counted()).toBe(asked)
  })

  it('that is down fails its lists and nothing else', async () => {
    const { key } = await makeUserWithKey('served')
    network.setState('cut')
    await expect(database.users.list(everyone, page)).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
    expect(await database.directory.findKeyForVerification(key.id)).not.toBeNull()
    await database.ping()
  })
})

it('a replica that was promoted beside the primary is not read any longer', async () => {
  const pair = await startStandbyPair()
  await migrate(pair.primary.url)
  const nodeId = randomUUID()
  const beat = (counter: number) =>
    pair.primary.query(`insert into latchkey.nodes (id, host, pid, max_staleness_ms, counter)
      values ('${nodeId}', 'here', 1, 2000, ${counter})
      on conflict (id) do update set counter = ${counter}`)
  const known = new KnownPrimary()
  const pool = createPool({
    link: {
      url: pair.standby.url,
      applicationName: 'replica',
      connectTimeout: 5_000,
      statementTimeout: null,
    },
    size: 1,
    prepare: (queries) => queries,
    startDeadline: () => startDeadline(20_000),
  })
  const clock = { now: 0 }
  const causes: unknown[] = []
  const isFit = createReplicaCheck({
    pool,
    primary: known,
    nodeId,
    onUnfit: (error) => causes.push(error),
    now: () => clock.now,
  })
  try {
    await beat(1)
    known.acknowledge(1, null, 0)
    await pair.caughtUp()
    expect(await isFit()).toBe(true)
    await beat(2)
    known.acknowledge(2, 1, 1)
    await pair.caughtUp()
    await pair.promote()
    await beat(3)
    known.acknowledge(3, 2, 2)
    clock.now += 4_000
    expect(await isFit()).toBe(true)
    clock.now += 2_000
    expect(await isFit()).toBe(false)
    expect(causes).toEqual([expect.objectContaining({ databaseCause: 'stale-server' })])
  } finally {
    await pool.close()
    await pair.close()
  }
})
