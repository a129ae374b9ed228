import { cp } from 'node:fs/promises'
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
  /** Resolves once the standby shows all that is committed on the primary now. */
  caughtUp(): Promise<void>
  /** The standby goes on receiving, and shows nothing new until `resumeReplay`. */
  pauseReplay(): Promise<void>
  resumeReplay(): Promise<void>
  /** Makes a primary of the standby, on a new timeline; the old one is left as it is. */
  promote(): Promise<void>
  /** Starts the former primary, which was stopped, as a standby of the promoted one. */
  rejoin(): Promise<void>
  /** Stops both and removes their data. */
  close(): Promise<void>
}

export interface StandbyPairOptions {
  /** PostgreSQL settings of both; `max_connections` is 100 or more (that of the copied cluster). */
  readonly settings?: Settings
}

/** Starts both, with an empty database `postgres`. `close` them in `afterAll`. */
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
      const [row] = await primary.query('select pg_current_wal_flush_lsn()::text as position')
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

/** Waits on the server itself until `condition` holds; the statement's failure says that it never did. */
async function waitUntil(server: OwnPostgres, condition: string): Promise<void> {
  await server.query(`
    set statement_timeout = '20s';
    do $$ begin
      while not coalesce(${condition}, false) loop perform pg_sleep(0.002); end loop;
    end $$`)
}
