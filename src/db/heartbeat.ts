import { sql } from 'drizzle-orm'
import { type Clock, type Stamp, stampOf } from '../credentials/lease.ts'
import { isReadOnly, WritesRefused } from './failures.ts'
import type { LookupBasics } from './lookups.ts'
import type { NodeRow } from './node-row.ts'
import { type KnownPrimary, type Survey, survey, surveyStatement } from './proof.ts'

/** Runs statements on one of the connections that look up credentials. */
export type RunOnLookups = <T>(
  work: (prepared: LookupBasics) => Promise<T>,
  options: { readonly useNewConnection: boolean },
) => Promise<T>

/**
 * The heartbeats of this node. Each increments the counter in the row of the node and notifies its
 * channel.
 */
export interface Heartbeat {
  /**
   * Sends one heartbeat over a connection that looks up credentials, because it proves what lookups on
   * that connection read.
   *
   * @param onSend called with the counter and the current time before the heartbeat is sent
   * @throws ServiceUnavailableError if it is not known that the primary committed it
   */
  beat(onSend?: (counter: number, sent: Stamp) => void): Promise<void>
  /** Removes the row of the node, once no pending heartbeat would write it again. */
  remove(): Promise<void>
  sweep(): Promise<void>
  /**
   * Makes the server discard notifications that every session has read. Normally transactions that
   * notify do this, but they fail while the queue is full.
   */
  freeQueue(): Promise<void>
}

export interface HeartbeatOptions {
  readonly run: RunOnLookups
  readonly row: NodeRow
  readonly primary: KnownPrimary
  /** Returns the staleness bound that the row states, in milliseconds. Called at each heartbeat. */
  readonly maxStaleness: () => number
  readonly clock: Clock
}

export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { run, row, primary, maxStaleness, clock } = options
  let counter = 0
  const write = createWriter(run, primary, clock)
  const underWay = new Set<Promise<unknown>>()
  let removal: Promise<unknown> = Promise.resolve()

  function beat(onSend?: (counter: number, sent: Stamp) => void): Promise<void> {
    const sending = removal.then(() => send(onSend))
    underWay.add(sending)
    return sending.finally(() => underWay.delete(sending))
  }

  async function send(onSend?: (counter: number, sent: Stamp) => void): Promise<void> {
    const own = ++counter
    onSend?.(own, stampOf(clock))
    return write(async ({ queries, reportsCluster }) => {
      const { committed } = primary
      const statement = `${row.beat(own, maxStaleness())}; ${surveyStatement(reportsCluster)}`
      const results: unknown = await queries.execute(sql.raw(statement))
      const [before, serverSurvey] = readResults(results)
      primary.observe(serverSurvey)
      primary.acknowledge(own, before, committed)
    })
  }

  const execute = async (statement: string) => {
    await write(({ queries }) => queries.execute(sql.raw(statement)))
  }

  function remove(): Promise<void> {
    const removing = Promise.allSettled(underWay).then(() => {
      // First release the counter, so that no lookup fails because the row is missing.
      primary.releaseCounter()
      return execute(row.remove)
    })
    removal = removing.catch(() => {})
    return removing
  }

  return {
    beat,
    remove,
    sweep: () => execute(row.sweep),
    freeQueue: () => execute('select pg_notification_queue_usage()'),
  }
}

/**
 * The interval between two new connections that test whether writes are allowed again. Milliseconds.
 */
const retryInterval = 5_000

/**
 * Writes over connections that look up credentials. If the primary refuses writes by default, these
 * connections stay open, because a lookup only reads. At intervals a new connection is tried: a default
 * that is set for the role or the database applies to new sessions only.
 */
function createWriter(run: RunOnLookups, primary: KnownPrimary, clock: Clock) {
  /** The time of the first refused write, or of the last new connection. */
  let lastTried: number | null = null

  return async <T>(work: (prepared: LookupBasics) => Promise<T>): Promise<T> => {
    const now = clock.monotonic()
    const useNewConnection = lastTried !== null && now - lastTried >= retryInterval
    if (useNewConnection) lastTried = now
    const answer = await run(
      async (prepared) => {
        try {
          return await work(prepared)
        } catch (error) {
          if (!isReadOnly(error)) throw error
          // A standby refuses with the same error. The connection to a standby is closed.
          primary.observe(await survey(prepared.queries))
          lastTried ??= now
          throw new WritesRefused(error)
        }
      },
      { useNewConnection },
    )
    lastTried = null
    return answer
  }
}

/** Reads the results of several statements that were sent as one: each statement has its own result. */
function readResults(results: unknown): [before: number | null, survey: Survey] {
  const rows = (results as readonly (readonly object[])[]).map((result) => result[0] ?? {})
  const written = rows.find((row) => 'before' in row) as { before: number | null }
  const survey = rows.find((row) => 'inRecovery' in row) as Survey
  return [written.before, survey]
}
