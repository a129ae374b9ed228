import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChangeListener, ChangeWatch } from '../../src/credentials/changes.ts'
import { prepareDirectory } from '../../src/db/credential-directory.ts'
import { startDeadline } from '../../src/db/deadline.ts'
import { causeOfFailure } from '../../src/db/failures.ts'
import { createFreshness, type Freshness } from '../../src/db/freshness.ts'
import { createPool, type Pool } from '../../src/db/pool.ts'
import { KnownPrimary } from '../../src/db/proof.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

type Lookups = Pool<ReturnType<typeof prepareDirectory>>

let database: TestDatabase
let sql: postgres.Sql
let pool: Lookups
let freshness: Freshness
/**
 * Called after each use of a connection for lookups, before the caller knows that the use has ended.
 */
let afterRun: () => Promise<void>
/** The causes of failures of those connections, in order. */
let failures: unknown[]
const open: ChangeWatch[] = []

const deaf: ChangeListener = {
  changed() {},
  heartbeat() {},
  restarted() {},
  lost() {},
}

beforeEach(async () => {
  database = await createTestDatabase()
  sql = postgres(database.url, { max: 1, onnotice: () => {} })
  await sql`
    create function note() returns trigger language plpgsql as
      'begin insert into removed values (old.id); return null; end'`
  await sql`create table removed (id uuid)`
  await sql`create trigger note after delete on latchkey.nodes for each row execute function note()`
  afterRun = async () => {}
  failures = []
  const primary = new KnownPrimary()
  pool = createPool({
    link: {
      url: database.url,
      applicationName: 'latchkey-authentication',
      connectTimeout: 5_000,
      statementTimeout: null,
      admit: (survey) => primary.observe(survey),
    },
    size: 2,
    prepare: prepareDirectory,
    startDeadline: () => startDeadline(10_000),
    observer: { failed: (error) => failures.push(causeOfFailure(error)), succeeded() {} },
  })
  freshness = createFreshness({
    lookups: {
      ...pool,
      run: async (work, options) => {
        const answer = await pool.run(work, options)
        await afterRun()
        return answer
      },
    },
    primary,
    listenUrl: database.url,
    observer: { failed() {}, succeeded() {} },
  })
})

afterEach(async () => {
  for (const watch of open.splice(0)) await watch.close()
  await pool.close()
  await sql.end()
  await database.close()
})

function watch(maxHeartbeatAge: number): ChangeWatch {
  const made = freshness.watch({ ...deaf }, maxHeartbeatAge)
  open.push(made)
  return made
}

const proven = () =>
  vi.waitUntil(
    () => {
      const state = freshness.state()
      return state?.session && state.heartbeat && state.lookup
    },
    { timeout: 20_000 },
  )

/** Returns the number of queries until an answer counts. */
async function countQueries(): Promise<number> {
  let asked = 0
  await freshness.lookUp(({ findKey }, node) => {
    asked++
    return findKey.execute({ id0: 'x', ...node })
  })
  return asked
}

const rows = () => sql`select id from latchkey.nodes`
const removed = () => sql`select id from removed`

describe("a node's row", () => {
  it('is not required by lookups once it is removed, and does not come back', async () => {
    const watching = watch(1_000)
    await proven()
    const asked: Promise<number>[] = []
    afterRun = async () => {
      if ((await rows()).length > 0 || asked.length > 0) return
      asked.push(countQueries())
      await asked[0]
    }
    await watching.close()
    // Closing waits for half a second only.
    await vi.waitUntil(() => asked.length > 0, { timeout: 20_000 })
    expect(await Promise.all(asked)).toEqual([1])
    expect(await rows()).toEqual([])
  })

  it('stays while another begins to watch with a shorter bound, and when one of several ends', async () => {
    const first = watch(60_000)
    await proven()
    const second = watch(1_000)
    await proven()
    await first.close()
    expect(await removed()).toEqual([])
    expect(await countQueries()).toBe(1)
    await second.close()
    expect(await removed()).toEqual([{ id: freshness.nodeId }])
  })

  it('stays if one begins to watch while the last one ends', async () => {
    const first = watch(1_000)
    await proven()
    const ending = first.close()
    watch(1_000)
    await ending
    await proven()
    expect(await rows()).toEqual([{ id: freshness.nodeId }])
    expect(await countQueries()).toBe(1)
  })
})

describe('if sessions are read-only by default', () => {
  const setDefault = (value: string) =>
    sql.unsafe(`alter database ${new URL(database.url).pathname.slice(1)} ${value}`)
  const connections = () => sql`
    select pid, backend_start::text from pg_stat_activity
    where datname = current_database() and application_name = 'latchkey-authentication'`

  it('lookups keep their connections, and the node reports why it caches nothing', async () => {
    await setDefault('set default_transaction_read_only = on')
    // Two concurrent queries, so that there are two connections.
    expect(await Promise.all([countQueries(), countQueries()])).toEqual([1, 1])
    const before = await connections()
    expect(before).toHaveLength(2)
    watch(500)
    await vi.waitUntil(() => failures.length >= 10, { timeout: 20_000 })
    expect(await Promise.all([countQueries(), countQueries()])).toEqual([1, 1])
    expect(new Set(failures)).toEqual(new Set(['read-only']))
    expect(freshness.state()).toMatchObject({ heartbeat: false, cause: 'read-only' })
    expect(await connections()).toEqual(expect.arrayContaining([...before]))

    await setDefault('reset default_transaction_read_only')
    await proven()
    expect(await countQueries()).toBe(1)
  })
})
