import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../../src/db/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { freePort, hasProgram, type RunningProgram, startProgram } from '../support/programs.ts'
import { temporaryFolder } from '../support/server-process.ts'
import { ada, newKey, now } from './store-fixture.ts'

const isHere = hasProgram('pgbouncer')

/** PgBouncer in front of that server, by which each transaction gets one of two sessions. */
async function startPooler(url: string): Promise<{ port: number; program: RunningProgram }> {
  const { hostname, port: serverPort, username, password } = new URL(url)
  const folder = temporaryFolder()
  const port = await freePort()
  const users = join(folder, 'users.txt')
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`)
  writeFileSync(
    file,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 2
`,
  )
  // It does not run as root, and reads them as whom it runs.
  const isRoot = process.getuid?.() === 0
  if (isRoot) chmodSync(folder, 0o755)
  const words = isRoot ? ['-u', 'nobody', file] : [file]
  return { port, program: await startProgram('pgbouncer', words, port) }
}

describe.skipIf(!isHere)('behind a transaction pooler', () => {
  let direct: TestDatabase
  let pooler: RunningProgram
  let database: Database

  beforeAll(async () => {
    direct = await createTestDatabase()
    const { port, program } = await startPooler(direct.url)
    pooler = program
    const pooled = new URL(direct.url)
    pooled.port = String(port)
    // As the README says for one that knows no prepared statements.
    pooled.search = '?prepare=false'
    database = openDatabase({
      url: pooled.href,
      listenUrl: direct.url,
      defaultUserScopes: null,
    })
  })
  afterAll(async () => {
    await database.close()
    await pooler.stop()
    await direct.close()
  })

  async function makeKey(subject: string) {
    const issuer = 'https://issuer.example'
    const user = await database.users.insert(
      { issuer, subject, email: null, name: null, scopes: null },
      ada,
    )
    if (user === 'duplicate') throw new Error('There is that user already.')
    const key = newKey(user)
    await database.keys.insert(key, 100, ada)
    return { user, key }
  }

  it('look-ups and changes at once, more than there are sessions, all find and change', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, (_, n) => makeKey(`subject ${n}`)))
    const found = await Promise.all(
      Array.from({ length: 5 }, () => made)
        .flat()
        .map(({ key }) => database.directory.findKeyForVerification(key.id)),
    )
    expect(found.map((key) => key?.owner.subject)).toEqual(
      Array.from({ length: 5 }, () => made.map(({ user }) => user.subject)).flat(),
    )
    const revoked = await Promise.all(
      made.map(({ key }) => database.keys.revoke(key.id, null, now, ada)),
    )
    expect(revoked.map((one) => one?.key.revokedAt)).toEqual(made.map(() => now))
  })

  it('a change is heard over the connection of its own', async () => {
    const { key } = await makeKey('heard')
    await new Promise<void>((resolve) => {
      const feed = database.directory.watch?.(
        {
          changed(change) {
            if (change.kind !== 'key' || change.id !== key.id) return
            resolve(feed?.close())
          },
          heard() {},
          lost() {},
          restarted: () => void database.keys.revoke(key.id, null, now, ada),
        },
        2_000,
      )
    })
  })
})
