import { cp } from 'node:fs/promises'
import postgres from 'postgres'
import { vi } from 'vitest'
import {
  createOwnPostgres,
  type OwnPostgres,
  type Settings,
  serverPassword,
} from './own-postgres.ts'

/** A primary and a hot standby that streams from it, asynchronously. */
export interface StandbyPair {
  readonly primary: OwnPostgres
  readonly standby: OwnPostgres
  /** Resolves when the standby shows everything that is committed on the primary now. */
  caughtUp(): Promise<void>
  /**
   * Pauses replay: the standby continues to receive data, but shows none of it until `resumeReplay`.
   */
  pauseReplay(): Promise<void>
  resumeReplay(): Promise<void>
  /** Promotes the standby to a primary on a new timeline. The old primary is left unchanged. */
  promote(): Promise<void>
  /** Starts the former primary, which was stopped, as a standby of the new one. */
  rejoin(): Promise<void>
  /** Stops both and removes their data. */
  close(): Promise<void>
}

export interface StandbyPairOptions {
  /** PostgreSQL settings of both; `max_connections` is 100 or more (that of the copied cluster). */
  readonly settings?: Settings
}

/** Starts both servers, with an empty database `postgres`. `close` them in `afterAll`. */
export async function startStandbyPair(options: StandbyPairOptions = {}): Promise<StandbyPair> {
  const settings = {
    wal_keep_size: '256MB',
    wal_retrieve_retry_interval: '50ms',
    ...options.settings,
  }
  const primary = await createOwnPostgres({ settings, started: false })
  // A cluster that was never started is a consistent backup of itself.
  const fill = (folder: string) => cp(primary.folder, folder, { recursive: true })
  const standby = await createOwnPostgres({ settings, fill, started: false })
  const close = async () => {
    await standby.close()
    await primary.close()
  }
  try {
    await primary.start()
    await follow(standby, primary)
  } catch (error) {
    await close()
    throw error
  }

  return {
    primary,
    standby,
    async caughtUp() {
      const [row] = await primary.query('select pg_current_wal_insert_lsn()::text as position')
      // Records that belong to no commit, such as hint bits, may be flushed in part, and wait for the next flush.
      await primary.query('set synchronous_commit = on; select pg_current_xact_id()')
      await waitUntil(standby, `pg_last_wal_replay_lsn() >= '${row?.position}'`)
    },
    async pauseReplay() {
      await standby.query('select pg_wal_replay_pause()')
      await waitUntil(standby, `pg_get_wal_replay_pause_state() = 'paused'`)
    },
    async resumeReplay() {
      await standby.query('select pg_wal_replay_resume()')
    },
    async promote() {
      await standby.query('select pg_promote(true, 30)')
    },
    rejoin: () => follow(primary, standby),
    close,
  }
}

async function follow(standby: OwnPostgres, primary: OwnPostgres): Promise<void> {
  await standby.writeFile('standby.signal', '')
  await standby.start({
    primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres password='${serverPassword}' sslmode=prefer`,
  })
}

/**
 * Asks the server until `condition` holds, in a statement of its own each time: replay waits for the snapshot of a
 * statement that runs meanwhile.
 */
async function waitUntil(server: OwnPostgres, condition: string): Promise<void> {
  const sql = postgres(server.url, { max: 1, fetch_types: false, onnotice: () => {} })
  try {
    await vi.waitUntil(
      async () => {
        const [row] = await sql.unsafe(`select coalesce(${condition}, false) as holds`)
        return row?.holds
      },
      { timeout: 20_000, interval: 2 },
    )
  } finally {
    await sql.end()
  }
}
