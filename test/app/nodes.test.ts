import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { withDatabase } from '../../src/cli/database.ts'
import { loadConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/database.ts'
import { awaitNodes } from '../../src/db/nodes.ts'
import { createLogger } from '../../src/log.ts'
import { type App, createApp } from '../../src/server/create-app.ts'
import { run } from '../cli/run.ts'
import { createTestApp, type TestApp } from '../support/app.ts'
import { lookups } from '../support/database-proxy.ts'
import { temporaryFolder } from '../support/server-process.ts'

const bound = 1_000

let app: TestApp
let other: App

beforeEach(async () => {
  app = await createTestApp({ MAX_STALENESS_MS: String(bound) })
  other = await createApp(
    loadConfig({
      DATABASE_URL: app.databaseUrl,
      JWT_ISSUER: app.issuer.issuer,
      JWT_AUDIENCE: 'https://api.example',
      MAX_STALENESS_MS: String(bound),
      DATA_DIR: temporaryFolder(),
    }),
    { log: createLogger({ level: 'silent' }) },
  )
  await rows(2)
})
afterEach(async () => {
  await other.close()
  await app.close()
})

const nodeRows = () => app.sql`select * from latchkey.nodes order by started_at`

/** Waits until the table has `count` nodes. */
async function rows(count: number) {
  return await vi.waitFor(
    async () => {
      const found = await nodeRows()
      expect(found).toHaveLength(count)
      return found
    },
    { timeout: 20_000, interval: 20 },
  )
}

const revoke = (id: string, ...words: string[]) => revokeWith({}, id, ...words)

async function revokeWith(environment: Record<string, string>, id: string, ...words: string[]) {
  return await run(['keys', 'revoke', id, '--wait', ...words], {
    environment: { DATABASE_URL: app.databaseUrl, ...environment },
    withDatabase,
    now: Date.now,
  })
}

async function isDegraded(fetch: App['fetch']): Promise<void> {
  const response = await fetch(new Request('http://latchkey.test/readyz'))
  expect(await response.json()).toMatchObject({ status: 'degraded', reason: 'timeout' })
}

async function statusOf(secret: string, fetch: App['fetch']): Promise<number> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` }
  const body = '{"query":"{ viewer { subject } }"}'
  const response = await fetch(
    new Request('http://latchkey.test/graphql', { method: 'POST', headers, body }),
  )
  return response.status
}

describe('a node', () => {
  it('has a row while it runs, and none after it is closed', async () => {
    const [first] = await rows(2)
    expect(first).toMatchObject({ pid: process.pid, max_staleness_ms: bound })
    await other.close()
    expect(await nodeRows()).toHaveLength(1)
  })

  it('updates its row well within the bound, for as long as it runs', async () => {
    const [before] = await app.sql`select min(last_seen_at) as at from latchkey.nodes`
    await vi.waitFor(
      async () => {
        const [after] = await app.sql`select min(last_seen_at) as at from latchkey.nodes`
        expect(after?.at.getTime()).toBeGreaterThan(before?.at.getTime())
      },
      { timeout: 1.5 * bound, interval: 20 },
    )
  })

  it('writes its row again after someone has cleared the table', async () => {
    await app.sql`delete from latchkey.nodes`
    await rows(2)
  })

  it('writes its row again after that becomes possible', async () => {
    await app.sql`
      create function full_disk() returns trigger language plpgsql as
      $$ begin raise disk_full; end $$`
    await app.sql`
      create trigger full_disk before insert or update on latchkey.nodes
      for each row execute function full_disk()`
    await app.sql`delete from latchkey.nodes`
    // Longer than two heartbeats, so that each write has failed.
    await sleep(bound)
    expect(await nodeRows()).toEqual([])
    await app.sql`drop function full_disk cascade`
    await rows(2)
  })

  it('has a row after a crash of the database too', async () => {
    const [table] = await app.sql`
      select relpersistence from pg_class where oid = 'latchkey.nodes'::regclass`
    expect(table).toEqual({ relpersistence: 'p' })
  })

  it('deletes old rows of other nodes', async () => {
    await app.sql`
      insert into latchkey.nodes (id, host, pid, max_staleness_ms, last_seen_at)
      values (${randomUUID()}, 'gone', 1, 2000, now() - interval '2 minutes'),
        (${randomUUID()}, 'going', 1, 2000, now() - interval '30 seconds')`
    app.feed.setState('cut')
    app.feed.setState('up')
    await vi.waitFor(
      async () => {
        const hosts = (await nodeRows()).map(({ host }) => host)
        expect(hosts).not.toContain('gone')
        expect(hosts).toContain('going')
      },
      { timeout: 20_000 },
    )
  })

  it('looks up every credential if its row cannot be written', async () => {
    const { secret, id } = await app.key('alice', ['read:users'])
    const lock = await app.sql.reserve()
    try {
      await lock`begin`
      await lock`lock table latchkey.nodes in exclusive mode`
      await vi.waitFor(
        async () => {
          await statusOf(secret, app.fetch)
          const before = app.network.statements(lookups)
          expect(await statusOf(secret, app.fetch)).toBe(200)
          expect(app.network.statements(lookups)).toBeGreaterThan(before)
        },
        { timeout: 20_000 },
      )
      for (const { fetch } of [app, other]) await vi.waitFor(() => isDegraded(fetch), 20_000)
      // Heartbeats that cannot be written prove nothing, so the node does not answer the question.
      const { answered } = await awaitNodes({ url: app.databaseUrl, maxStaleness: bound })
      expect(answered).toEqual([])
      await app.sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
      expect(await statusOf(secret, app.fetch)).toBe(401)
    } finally {
      await lock`rollback`
      lock.release()
    }
  })

  it('answers questions, and ignores other notifications', async () => {
    const answers: string[] = []
    const sql = postgres(app.databaseUrl, { max: 1, onnotice: () => {} })
    const { unlisten } = await sql.listen('latchkey_answers', (payload) => answers.push(payload))
    const question = randomUUID()
    for (const payload of [
      '',
      'x',
      `${question} ${question}`,
      `${question}'); drop table latchkey.nodes; --`,
      'x'.repeat(7_999),
      question,
    ]) {
      await sql`select pg_notify('latchkey_ask', ${payload})`
    }
    await vi.waitFor(() => expect(answers.length).toBeGreaterThanOrEqual(2), { timeout: 20_000 })
    const ids = (await rows(2)).map(({ id }) => id)
    expect(answers.sort()).toEqual(ids.map((id) => `${id} ${question}`).sort())
    await unlisten()
    await sql.end()
  })
})

describe('keys revoke --wait', () => {
  it('returns after every node refuses the key', async () => {
    const { id, secret } = await app.key('alice', ['read:users'])
    for (const { fetch } of [app, other]) expect(await statusOf(secret, fetch)).toBe(200)
    const { code, out } = await revoke(id, '--json')
    for (const { fetch } of [app, other]) expect(await statusOf(secret, fetch)).toBe(401)
    expect(code).toBe(0)
    const { nodes } = JSON.parse(out)
    expect(nodes).toMatchObject({ listed: true, unanswered: [] })
    expect(nodes.answered).toHaveLength(2)
    expect(nodes.answered[0]).toMatchObject({ pid: process.pid, maxStalenessMs: bound })
  })

  it('says which nodes answered', async () => {
    const { id } = await app.key('alice', ['read:users'])
    const { code, out } = await revoke(id)
    expect(code).toBe(0)
    expect(out.replace(/\d+ ms/, 'N ms')).toMatch(
      new RegExp(
        `^Revoked ${id} \\(.*\\)\\.\n(Refused by .+, process ${process.pid}\\.\n){2}Every node refuses the key, N ms after the revocation\\.\n$`,
      ),
    )
  })

  it('does not count from a revocation that was made before', async () => {
    const { id } = await app.key('alice', ['read:users'])
    await revoke(id)
    const { code, out } = await revoke(id)
    expect(code).toBe(0)
    expect(out.replace(/\d+ ms/, 'N ms')).toMatch(
      /\nEvery node refuses the key\. Asking them took N ms\.\n$/,
    )
  })

  it('waits for the staleness bound if a node does not answer, and names the node', async () => {
    const { id, secret } = await app.key('alice', ['read:users'])
    expect(await statusOf(secret, app.fetch)).toBe(200)
    const mute = (await rows(2))[0]?.id
    app.feed.setState('black-hole')
    const { code, out } = await revoke(id, '--json')
    expect(await statusOf(secret, app.fetch)).toBe(401)
    expect(code).toBe(0)
    const { nodes } = JSON.parse(out)
    expect(nodes.unanswered.map((node: { id: string }) => node.id)).toEqual([mute])
    expect(nodes.answered).toHaveLength(1)
    expect(nodes.milliseconds).toBeGreaterThanOrEqual(bound)
  })

  it('reports a killed node until its row is too old to matter', async () => {
    const { id } = await app.key('alice', ['read:users'])
    await app.sql`
      insert into latchkey.nodes (id, host, pid, max_staleness_ms, last_seen_at)
      values (${randomUUID()}, ${'killed\u001b[31m'}, 7, 300, now()),
        (${randomUUID()}, 'long gone', 8, 300, now() - interval '2 seconds')`
    const { code, out } = await revoke(id)
    expect(code).toBe(0)
    expect(out).toContain(
      'No answer from killed?[31m, process 7. It refuses the key too: its staleness bound of 300 ms has passed.\n',
    )
    expect(out).not.toContain('long gone')
  })

  it('counts a node that connects only during the wait', async () => {
    const { id } = await app.key('alice', ['read:users'])
    await app.sql`update latchkey.nodes set max_staleness_ms = 10000`
    app.feed.setState('cut')
    const revoked = revoke(id, '--json')
    await new Promise((resolve) => setTimeout(resolve, 150))
    app.feed.setState('up')
    const { nodes } = JSON.parse((await revoked).out)
    expect(nodes.answered).toHaveLength(2)
  })

  it('stops waiting for a node that is shut down meanwhile', async () => {
    const { id } = await app.key('alice', ['read:users'])
    const mute = randomUUID()
    await app.sql`
      insert into latchkey.nodes (id, host, pid, max_staleness_ms) values (${mute}, 'x', 7, 20000)`
    const revoked = revoke(id, '--json')
    await new Promise((resolve) => setTimeout(resolve, 200))
    await app.sql`delete from latchkey.nodes where id = ${mute}`
    const { nodes } = JSON.parse((await revoked).out)
    expect(nodes).toMatchObject({ unanswered: [] })
    // The bound of the node that was shut down.
    expect(nodes.milliseconds).toBeLessThan(20_000)
  })

  it('reports that no node is running', async () => {
    const { id } = await app.key('alice', ['read:users'])
    await other.close()
    await app.flush()
    const { code, out } = await revoke(id)
    expect({ code, lines: out.split('\n').slice(1) }).toEqual({
      code: 0,
      lines: ['No node is running.', ''],
    })
  })

  it('waits for the configured bound if the nodes cannot be asked', async () => {
    const { id } = await app.key('alice', ['read:users'])
    const environment = {
      DATABASE_LISTEN_URL: 'postgres://nobody@127.0.0.1:1/nothing',
      MAX_STALENESS_MS: '700',
    }
    const { code, out } = await revokeWith(environment, id)
    expect(code).toBe(0)
    const waited =
      /^The nodes could not be asked\. Every node refuses the key: (\d+) ms have passed, the staleness bound\.$/m.exec(
        out,
      )
    expect(Number(waited?.[1])).toBeGreaterThanOrEqual(700)
  })

  it('ignores answers that do not come from a node', async () => {
    const { id } = await app.key('alice', ['read:users'])
    await app.sql`
      insert into latchkey.nodes (id, host, pid, max_staleness_ms) values (${randomUUID()}, 'x', 7, 600)`
    const forger = setInterval(() => {
      for (const payload of ['', 'x y', `${randomUUID()} ${randomUUID()}`, 'x'.repeat(7_999)]) {
        app.sql`select pg_notify('latchkey_answers', ${payload})`.catch(() => {})
      }
    }, 20)
    const { nodes } = JSON.parse((await revoke(id, '--json')).out)
    clearInterval(forger)
    expect(nodes.unanswered).toHaveLength(1)
    expect(nodes.answered).toHaveLength(2)
  })
})

it('a node without the right to write its row uses no cache, and is not waited for', async () => {
  const role = `latchkey_reader_${randomUUID().slice(0, 8)}`
  const { id } = await app.key('alice', ['read:users'])
  await other.close()
  await app.sql.unsafe(`create role ${role} login password 'x'`)
  try {
    await app.sql.unsafe(
      `grant usage on schema latchkey to ${role};
       grant select on latchkey.nodes to ${role};
       grant select, update, insert on latchkey.users, latchkey.api_keys to ${role}`,
    )
    const url = Object.assign(new URL(app.databaseUrl), { username: role, password: 'x' })
    const limited = openDatabase({ url: url.href, defaultUserScopes: null })
    let heartbeats = 0
    const watch = limited.directory.watch?.(
      { changed: () => {}, heartbeat: () => heartbeats++, restarted: () => {}, lost: () => {} },
      bound,
    )
    await vi.waitFor(() => expect(limited.freshness()).toMatchObject({ cause: 'rights' }), {
      timeout: 20_000,
    })
    const { nodes } = JSON.parse((await revoke(id, '--json')).out)
    expect(nodes.answered).toHaveLength(1)
    expect((await limited.directory.findKeyForVerification(id))?.revokedAt).not.toBeNull()
    expect(heartbeats).toBe(0)
    await watch?.close()
    await limited.close()
  } finally {
    await app.sql.unsafe(`drop owned by ${role}; drop role ${role}`)
  }
})
