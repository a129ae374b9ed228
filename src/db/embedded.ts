import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { chooseAccount } from './embedded/account.ts'
import { findBinaries, sharedFolder } from './embedded/binaries.ts'
import { clusterFolder, clusterPassword, createCluster, superuser } from './embedded/cluster.ts'
import { DataDirInUseError, EmbeddedStartError } from './embedded/errors.ts'
import { ensureOwner, ownerPassword, ownerRole } from './embedded/owner.ts'
import { type Claim, claim } from './embedded/ownership.ts'
import {
  type Postmaster,
  runningPostmaster,
  startPostmaster,
  stopPostmaster,
} from './embedded/postmaster.ts'

/** A PostgreSQL server that this process starts and stops. */
export interface EmbeddedPostgres {
  /** The URL, with user and password, of a role that owns the database and is not a superuser. */
  readonly url: string
  /** The URL of the superuser, for other databases, roles and settings of the server. */
  readonly superuserUrl: string
  /** Whether this start created its data. */
  readonly firstStart: boolean
  /**
   * Stops the server that this process started or took over, and resolves when it has ended.
   * Idempotent.
   */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  /**
   * The data folder, created if it is missing. The cluster is in `postgres` below it, or where that
   * link points.
   */
  readonly dataDir: string
  /** Receives a sentence about each step that is slow or unusual. */
  readonly log?: (message: string) => void
  /**
   * Called whenever a program of PostgreSQL has been started. The caller can do other work while the
   * program runs.
   */
  readonly onLaunch?: () => void
  /** PostgreSQL settings in addition to the defaults. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Starts the PostgreSQL that npm installed on `dataDir`, or takes over the server that a killed process
 * left running there. This process owns it until `stop`.
 *
 * @throws DataDirInUseError if a living process owns it
 * @throws EmbeddedUnavailableError if npm installed no PostgreSQL for this platform
 * @throws EmbeddedStartError if it does not start
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const dataDir = resolve(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  const account = await chooseAccount(join(dataDir, 'postgres'))
  const elsewhere = () => sharedFolder(['/var/lib', tmpdir()])
  const binaries = await findBinaries(account, elsewhere)
  const folder = await clusterFolder(dataDir, account, elsewhere)
  const password = await clusterPassword(dataDir)
  const firstStart = await createCluster(folder, password, binaries, account, options.onLaunch)
  if (firstStart) options.log?.(`Created a new database in ${folder}.`)

  const deadline = performance.now() + 30_000
  while (performance.now() < deadline) {
    const found = await runningPostmaster(folder)
    if (found !== null) options.onLaunch?.()
    const postmaster =
      found ??
      (await startPostmaster(
        folder,
        join(dataDir, 'postgres.log'),
        binaries,
        account,
        options.settings ?? {},
        options.onLaunch,
      ))
    if (postmaster !== null) {
      const urls = urlsOf(postmaster, password)
      const claimed = await nullIfDown(() => claimFor(urls.superuserUrl, password)).catch(
        async (error: unknown) => {
          if (found === null) await stopPostmaster(folder, postmaster.pid)
          throw withExplanation(error, dataDir, folder)
        },
      )
      if (claimed?.owned === false) throw new DataDirInUseError(dataDir, claimed.holder)
      if (claimed?.owned) {
        if (found !== null) options.log?.('Took over the database that an earlier run left behind.')
        let stopped: Promise<void> | undefined
        const stop = () => {
          stopped ??= claimed.release().then(() => stopPostmaster(folder, postmaster.pid))
          return stopped
        }
        return { ...urls, firstStart, stop }
      }
    }
    await sleep(20)
  }
  throw new EmbeddedStartError(
    `The PostgreSQL of ${dataDir} does not answer and does not end: look into ${join(dataDir, 'postgres.log')}.`,
  )
}

/**
 * Connects to the database of `dataDir`, whether another process owns it or not. `stop` stops the
 * server only if this call started it.
 */
export async function connectEmbedded(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const running = await runningUrls(options.dataDir)
  if (running !== null) return { ...running, firstStart: false, stop: async () => {} }
  try {
    return await startEmbeddedPostgres(options)
  } catch (error) {
    const started = error instanceof DataDirInUseError ? await runningUrls(options.dataDir) : null
    if (started === null) throw error
    return { ...started, firstStart: false, stop: async () => {} }
  }
}

type Urls = Pick<EmbeddedPostgres, 'url' | 'superuserUrl'>

async function claimFor(superuserUrl: string, password: string): Promise<Claim> {
  const claimed = await claim(superuserUrl)
  try {
    if (claimed.owned) await ensureOwner(claimed.sql, password)
    return claimed
  } catch (error) {
    if (claimed.owned) await claimed.release()
    throw error
  }
}

async function runningUrls(dataDir: string): Promise<Urls | null> {
  const folder = await clusterFolder(resolve(dataDir), null, () => Promise.resolve(''))
  const running = await runningPostmaster(folder)
  if (!running?.ready) return null
  const password = await clusterPassword(resolve(dataDir))
  const urls = urlsOf(running, password)
  const sql = postgres(urls.superuserUrl, { max: 1, fetch_types: false, connect_timeout: 5 })
  try {
    // The server may have been started by an earlier version, which did not create the role.
    const answer = await nullIfDown(async () => ({ done: await ensureOwner(sql, password) }))
    return answer === null ? null : urls
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** @param folder the folder of the cluster, which may be outside `dataDir` and outlive it */
function withExplanation(error: unknown, dataDir: string, folder: string): unknown {
  if ((error as { code?: string }).code !== '28P01') return error
  return new EmbeddedStartError(
    `The password in ${join(dataDir, 'postgres-password')} is not the password of the database: restore that file, or remove ${folder} to start with an empty database.`,
    { cause: error },
  )
}

function urlsOf({ port }: Postmaster, password: string): Urls {
  // The server listens on the loopback address without TLS; asking for TLS would cost a round trip.
  const database = `127.0.0.1:${port}/${superuser}?sslmode=disable`
  return {
    url: `postgres://${ownerRole}:${ownerPassword(password)}@${database}`,
    superuserUrl: `postgres://${superuser}:${password}@${database}`,
  }
}

/** Returns `null` if the server does not accept connections yet, or no longer does. */
async function nullIfDown<T>(action: () => PromiseLike<T>): Promise<T | null> {
  try {
    return await action()
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code?.startsWith('57P')) return null
    if (code === 'CONNECTION_CLOSED' || code === 'CONNECT_TIMEOUT') return null
    throw error
  }
}
