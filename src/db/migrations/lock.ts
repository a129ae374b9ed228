import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../connection/errors.ts'
import type { Session } from './session.ts'

/**
 * Returns the key of the advisory lock. Earlier versions hold the same lock for their session, so the two
 * exclude each other.
 */
const lockKey = ({ schema }: Session) => schema.lockKey(3)

/** The interval between two attempts. Milliseconds. */
const pause = 200
/** The time before the first message about a wait. Milliseconds. */
const quietTime = 1_000
/** The interval between two messages about the same wait. Milliseconds. */
const reminder = 30_000

export interface LockOptions {
  /** Receives a sentence about each wait. */
  readonly onWait: (message: string) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `work` in a transaction. No other process that migrates this database runs one at the same time.
 * Each attempt is a transaction of its own: a process that waits leaves no session state behind, and
 * occupies no connection of a pooler. `work` runs again if it could not lock a table in time.
 *
 * @throws the reason of the signal when it is aborted
 */
export async function withMigrationLock<T>(
  session: Session,
  { onWait, signal }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  let nextMessage = performance.now() + quietTime
  for (;;) {
    const attempt = await tryOnce(session, onWait, work)
    if ('answer' in attempt) return attempt.answer
    if (performance.now() >= nextMessage) {
      nextMessage = performance.now() + reminder
      onWait(attempt.waitingFor)
    }
    await sleep(pause, undefined, { ...(signal && { signal }) }).catch(() => {})
    signal?.throwIfAborted()
  }
}

async function tryOnce<T>(
  session: Session,
  onWait: LockOptions['onWait'],
  work: () => Promise<T>,
): Promise<{ readonly answer: T } | { readonly waitingFor: string }> {
  try {
    return await session.transaction(async () => {
      if (await tryLock(session, onWait)) return { answer: await work() }
      const holder = await describeHolder(session)
      return { waitingFor: `Waiting for another process that migrates this database: ${holder}.` }
    })
  } catch (error) {
    if (!isTableLocked(error)) throw error
    return {
      waitingFor:
        "Waiting for transactions that hold locks on Latchkey's tables. Other queries run between two attempts.",
    }
  }
}

/** Whether the lock timeout passed, or a deadlock occurred (PostgreSQL documentation, appendix A). */
function isTableLocked(error: unknown): boolean {
  const code = codeOf(error)
  return code === '55P03' || code === '40P01'
}

async function tryLock(session: Session, onWait: LockOptions['onWait']): Promise<boolean> {
  const mention = setTimeout(
    () => onWait('Waiting for the database to answer, or for a free connection of its pooler.'),
    quietTime,
  )
  try {
    const [row] = await session.query<{ locked: boolean }>(
      `select pg_try_advisory_xact_lock(${lockKey(session).join(', ')}) as locked`,
    )
    return row?.locked === true
  } finally {
    clearTimeout(mention)
  }
}

interface Holder {
  readonly pid: number
  readonly application: string | null
  readonly state: string | null
  readonly since: string | null
}

async function describeHolder(session: Session): Promise<string> {
  const [classId, objectId] = lockKey(session)
  const [holder] = await session.query<Holder>(`
    select pid, application_name as application, state,
      to_char(coalesce(xact_start, state_change) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        as since
    from pg_locks left join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted and objsubid = 2
      and classid = ${classId} and objid = ${objectId}
      and pg_locks.database = (select oid from pg_database where datname = current_database())`)
  if (holder === undefined) return 'it has just ended'
  const { pid, application, state, since } = holder
  const name = application ? ` (${application})` : ''
  const described = `server process with pid ${pid}${name}${since === null ? '' : `, since ${since}`}`
  // Behind a pooler, an earlier version leaves its session lock on an unused connection.
  return state === 'idle'
    ? `${described}. Its connection is idle: unless it is migrating through a pooler, end it with select pg_terminate_backend(${pid})`
    : described
}
