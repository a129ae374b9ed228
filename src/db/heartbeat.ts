import { sql } from 'drizzle-orm'
import { type Clock, type Stamp, stampOf } from '../credentials/lease.ts'
import { isReadOnly, WritesRefused } from './failures.ts'
import type { LookupBasics } from './lookups.ts'
import type { NodeRow } from './node-row.ts'
import { type KnownPrimary, type Survey, survey, surveyStatement } from './proof.ts'

/** Runs statements on a connection of those that look credentials up. */
export type RunOnLookups = <T>(
  work: (prepared: LookupBasics) => Promise<T>,
  options: { readonly onNewConnection: boolean },
) => Promise<T>

/** This node's heartbeats: each increments the counter in the node's row and notifies its channel. */
export interface Heartbeat {
  /**
   * Sends one over a connection that looks credentials up, so that it takes the way of what it proves.
   *
   * @param onSend called with the counter and the moment before it is sent
   * @throws ServiceUnavailableError when it is not known to be committed by the primary
   */
  beat(onSend?: (counter: number, sent: Stamp) => void): Promise<void>
  /** Removes the node's row, once no heartbeat is under way that would write it again. */
  remove(): Promise<void>
  sweep(): Promise<void>
  /**
   * Has the server drop notifications that every session has read: while the queue is full it does not do
   * so by itself, since that is done by transactions that notify.
   */
  freeQueue(): Promise<void>
}

export interface HeartbeatOptions {
  readonly run: RunOnLookups
  readonly row: NodeRow
  readonly primary: KnownPrimary
  /** Milliseconds, for readers of the row; called at each heartbeat. */
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
      // First, so that no lookup misses in the meantime what is being removed.
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

/** Between two connections that are made to find out whether new ones may write. Milliseconds. */
const retryInterval = 5_000

/**
 * Writes over connections that look credentials up. They are kept where the primary refuses writes by
 * default, since a lookup only reads. From time to time a new one is tried: a default that is set for
 * the role or the database counts for new sessions alone.
 */
function createWriter(run: RunOnLookups, primary: KnownPrimary, clock: Clock) {
  /** When writes were refused first, or a new connection was tried last. */
  let lastTried: number | null = null

  return async <T>(work: (prepared: LookupBasics) => Promise<T>): Promise<T> => {
    const now = clock.monotonic()
    const onNewConnection = lastTried !== null && now - lastTried >= retryInterval
    if (onNewConnection) lastTried = now
    const answer = await run(
      async (prepared) => {
        try {
          return await work(prepared)
        } catch (error) {
          if (!isReadOnly(error)) throw error
          // A standby refuses in the same words. A connection to one is closed.
          primary.observe(await survey(prepared.queries))
          lastTried ??= now
          throw new WritesRefused(error)
        }
      },
      { onNewConnection },
    )
    lastTried = null
    return answer
  }
}

/** Several statements sent as one have a result each. */
function readResults(results: unknown): [before: number | null, survey: Survey] {
  const rows = (results as readonly (readonly object[])[]).map((result) => result[0] ?? {})
  const written = rows.find((row) => 'before' in row) as { before: number | null }
  const survey = rows.find((row) => 'inRecovery' in row) as Survey
  return [written.before, survey]
}
