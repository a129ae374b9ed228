import { chmod, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { type Account, chooseAccount } from '../../src/db/embedded/account.ts'
import { findBinaries, sharedFolder } from '../../src/db/embedded/binaries.ts'
import { createCluster, superuser } from '../../src/db/embedded/cluster.ts'
import { isAlive, startPostmaster, stopPostmaster } from '../../src/db/embedded/postmaster.ts'

/** The password of the superuser `postgres` of every server created here. */
export const serverPassword = 'not a secret'

/** A PostgreSQL server on a data folder of its own, which a test may stop, kill and start again. */
export interface OwnPostgres {
  readonly port: number
  /** The data folder of the cluster. */
  readonly folder: string
  /** The URL of the database `postgres`, with its superuser. */
  readonly url: string
  readonly running: boolean
  /** Starts the server again on the same port. `settings` are added to the earlier ones. */
  start(settings?: Settings): Promise<void>
  /**
   * Shuts the server down (fast): client connections are closed, and a standby receives everything
   * first.
   */
  stop(): Promise<void>
  /** Ends the server at once, like a crash: nothing is flushed, and no client is notified. */
  kill(): Promise<void>
  /** Runs statements on a connection of its own and returns the rows of the last one. */
  query(statements: string): Promise<readonly Record<string, unknown>[]>
  /** Writes a file into the data folder, readable by the server alone, and returns its path. */
  writeFile(name: string, content: string | Buffer): Promise<string>
  /** Stops the server and removes its data. */
  close(): Promise<void>
}

export type Settings = Readonly<Record<string, string>>

export interface OwnPostgresOptions {
  /** PostgreSQL settings, such as `{ ssl: 'on' }`. */
  readonly settings?: Settings
  /** Fills the data folder in place of initdb. Owners and modes are set afterwards. */
  readonly fill?: (folder: string) => Promise<void>
  /** Whether to start the server. Default: true. */
  readonly started?: boolean
}

const defaults: Settings = {
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
}

/** Creates a server, and starts it by default. `close` it in `afterAll`. */
export async function createOwnPostgres(options: OwnPostgresOptions = {}): Promise<OwnPostgres> {
  const parent = await mkdtemp(join(tmpdir(), 'latchkey-postgres-'))
  // The account that runs PostgreSQL on behalf of root needs access.
  await chmod(parent, 0o755)
  const folder = join(parent, 'data')
  const account = await chooseAccount(folder)
  const binaries = await findBinaries(account, () => sharedFolder(['/var/lib', tmpdir()]))
  if (options.fill === undefined) {
    await createCluster(folder, serverPassword, binaries, account)
  } else {
    await options.fill(folder)
    await giveTo(account, folder)
  }
  let settings: Settings = { ...defaults, ...options.settings }
  let port = 0
  let pid: number | null = null
  const endWithUs = () => {
    if (pid !== null) signal(pid, 'SIGQUIT')
  }
  process.once('exit', endWithUs)

  async function start(more: Settings = {}): Promise<void> {
    settings = { ...settings, ...more }
    const log = join(parent, 'postgres.log')
    const all = { ...settings, ...(port !== 0 && { port: String(port) }) }
    const started = await startPostmaster(folder, log, binaries, account, all)
    if (started === null) throw new Error(`Another server runs on ${folder}.`)
    pid = started.pid
    port = started.port
  }

  async function stop(): Promise<void> {
    if (pid !== null) await stopPostmaster(folder, pid)
    pid = null
  }

  const server: OwnPostgres = {
    folder,
    get port() {
      return port
    },
    get url() {
      const password = encodeURIComponent(serverPassword)
      return `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`
    },
    get running() {
      return pid !== null
    },
    start,
    stop,
    async kill() {
      if (pid === null) return
      signal(pid, 'SIGQUIT')
      while (isAlive(pid)) await sleep(5)
      pid = null
    },
    async query(statements) {
      const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => {} })
      try {
        const answer: unknown[] = await sql.unsafe(statements)
        const last = answer.at(-1)
        return (Array.isArray(last) ? last : answer) as Record<string, unknown>[]
      } finally {
        await sql.end()
      }
    },
    async writeFile(name, content) {
      const path = join(folder, name)
      await writeFile(path, content, { mode: 0o600 })
      if (account !== null) await chown(path, account.uid, account.gid)
      return path
    },
    async close() {
      await stop()
      process.off('exit', endWithUs)
      await rm(parent, { recursive: true, force: true })
    },
  }
  if (options.started ?? true) await start()
  return server
}

/** PostgreSQL starts only on a folder that it owns and that nobody else may read. */
async function giveTo(account: Account | null, folder: string): Promise<void> {
  await chmod(folder, 0o700)
  if (account === null) return
  const names = await readdir(folder, { recursive: true })
  for (const path of [folder, ...names.map((name) => join(folder, name))]) {
    await chown(path, account.uid, account.gid)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // The process has ended.
  }
}
