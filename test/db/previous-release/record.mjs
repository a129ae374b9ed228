/**
 * Records every statement that a release sends to PostgreSQL in a run through all of its stores, for
 * `previous-release.test.ts`, which sends them to the current schema. Run it once for each release:
 *
 *   git worktree add ../release v0.1.0 && (cd ../release && npm ci)
 *   node test/db/previous-release/record.mjs ../release/dist > test/db/previous-release/statements.json
 */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import postgres from 'postgres'

const release = (file) => import(pathToFileURL(resolve(process.argv[2], file)).href)
const { startEmbeddedPostgres } = await release('db/embedded.js')
const { migrate } = await release('db/migrate.js')
const { openDatabase } = await release('db/database.js')
const { awaitNodes } = await release('db/nodes.js')

/**
 * The id of the one user. The test makes it the default too, so that the statements find the same user
 * there.
 */
const userId = '11111111-1111-4111-8111-111111111111'
const issuer = 'https://issuer.example'
const now = new Date('2026-03-01T12:00:00.000Z')
const later = (seconds) => new Date(now.getTime() + seconds * 1000)
const by = {
  issuer,
  subject: 'ada',
  credentialKind: 'JWT',
  credentialId: null,
  requestId: 'recorded',
}
const page = { limit: 10, after: null, before: null, fromEnd: false }

const folder = await mkdtemp(join(tmpdir(), 'latchkey-record-'))
await chmod(folder, 0o755)
const server = await startEmbeddedPostgres({
  dataDir: folder,
  settings: {
    logging_collector: 'on',
    log_destination: 'jsonlog',
    log_directory: 'log',
    log_filename: 'statements.log',
    log_statement: 'all',
  },
})
try {
  await migrate(server.url)
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  await sql.unsafe(`alter table latchkey.users alter column id set default '${userId}'`)
  await sql`select 'recording begins'`
  await migrate(server.url)
  await useAll(openDatabase({ url: server.url, defaultUserScopes: ['read:users'] }))
  await sql`select 'recording ends'`
  await sql.end()
  const lines = (await recorded()).map((statement) => JSON.stringify(statement))
  console.log(`[\n${lines.join(',\n')}\n]`)
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}

async function useAll({ users, keys, audit, directory, ping, close }) {
  const watch = await new Promise((done) => {
    const started = directory.watch(
      { changed() {}, restarted() {}, heard: () => done(started) },
      60_000,
    )
  })
  await ping()
  await awaitNodes({ url: server.url, maxStaleness: 2_000 })
  await useUsers(users, directory)
  await useKeys(keys, directory)
  await audit.recordRefusals([
    {
      reason: 'key-revoked',
      sourceAddress: '127.0.0.1',
      credentialId: 'key0000000000001',
      requestId: 'recorded',
      count: 1,
      since: now,
    },
  ])
  await audit.ensurePartitions()
  await audit.list({ types: ['user.created'], actorSubject: 'ada', since: now }, page)
  await audit.count({ targetId: userId })
  await users.delete(userId, by)
  await directory.admitUser({ issuer, subject: 'ada', grant: null })
  await users.findTombstone(issuer, 'ada')
  await users.insert({ issuer, subject: 'ada', email: null, name: null, scopes: null }, by)
  await watch.close()
  await close()
}

async function useUsers(users, directory) {
  const grant = { audience: 'api', scopes: ['read:users', 'read:keys'], issuedAt: 1_700_000_000 }
  await directory.admitUser({ issuer, subject: 'ada', grant })
  await directory.admitUser({
    issuer,
    subject: 'ada',
    grant: { ...grant, issuedAt: 1_700_000_001 },
  })
  await users.find(userId)
  await users.findByIdentity(issuer, 'ada')
  await users.findMany([userId])
  await users.update(userId, { email: 'ada@example.com', name: 'Ada' }, by)
  await users.list({ status: 'ACTIVE', search: 'ad' }, page)
  await users.count({ status: null, search: null })
  await users.setStatus(userId, 'SUSPENDED', 'for a test', by)
  await users.setStatus(userId, 'ACTIVE', null, by)
  await users.setScopes(userId, ['read:users', 'read:keys', 'write:keys'], by)
  await users.signOut(userId, now, by)
}

async function useKeys(keys, directory) {
  const [first, second, third] = ['1', '2', '3'].map((digit) =>
    digit.padStart(16, 'key0000000000000'),
  )
  const key = (id, parentId = null) => ({
    id,
    ownerId: userId,
    parentId,
    name: 'recorded',
    description: 'a key',
    scopes: ['read:users', 'read:keys'],
    metadata: { team: 'billing' },
    secretHash: new Uint8Array(32).fill(1),
    createdAt: now,
    expiresAt: new Date('2999-01-01T00:00:00Z'),
  })
  await keys.insert(key(first), 100, by)
  await keys.insert(key(second, first), 100, by)
  await keys.insert(key(third), 100, by)
  await directory.findKeyForVerification(second)
  await directory.findKeyForVerification('key0000000000009')
  await keys.find(first)
  await keys.findMany([first, second])
  await keys.list({ ownerId: userId, status: 'ACTIVE', now }, page)
  await keys.count({ ownerId: userId, status: null, now })
  await keys.isWithin(second, first)
  await keys.update(first, { name: 'renamed', metadata: {}, scopes: ['read:users'] }, by)
  await keys.rotate(
    first,
    { secretHash: new Uint8Array(32).fill(2), now, previousExpiresAt: later(3600), force: false },
    by,
  )
  await directory.markUsed([
    {
      keyId: first,
      lastUsedAt: later(1),
      previousLastUsedAt: later(1),
      scopes: [{ scope: 'read:users', lastUsedAt: later(1) }],
    },
  ])
  await keys.findScopeUses([first])
  await keys.expirePrevious(first, later(2), by)
  await keys.revoke(first, 'for a test', later(3), by)
  await keys.revokeAll(userId, null, later(4), by)
  await keys.eraseDeadSecrets({ grace: later(7200), death: later(7200) })
}

/**
 * Returns the statements in the log between the two marks, without the catalogue queries of `postgres`
 * itself.
 */
async function recorded() {
  for (;;) {
    const text = await readFile(join(folder, 'postgres', 'log', 'statements.json'), 'utf8')
    if (text.includes('recording ends')) return parse(text)
    await sleep(50)
  }
}

function parse(log) {
  const entries = log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line))
  const isMark = (mark) => (entry) => entry.message.includes(mark)
  return entries
    .slice(
      entries.findIndex(isMark('recording begins')) + 1,
      entries.findIndex(isMark('recording ends')),
    )
    .map(({ message, detail }) => {
      const [, text] = /^(?:statement|execute [^:]+): ([\s\S]+)$/.exec(message) ?? []
      return text === undefined || text.includes('pg_catalog.pg_type')
        ? null
        : { text, parameters: parametersOf(detail) }
    })
    .filter((statement) => statement !== null)
}

/** The parameters as SQL literals. */
function parametersOf(detail) {
  const list = /^Parameters: ([\s\S]*)$/i.exec(detail ?? '')?.[1] ?? ''
  return [...list.matchAll(/\$\d+ = ('(?:[^']|'')*'|NULL)/g)].map(([, literal]) => literal)
}
