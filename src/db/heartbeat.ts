import { sql } from 'drizzle-orm'
import { type Clock, type Stamp, stampOf } from '../credentials/lease.ts'
import type { Queries } from './link.ts'
import type { NodeRow } from './node-row.ts'
import { type KnownPrimary, type Survey, surveyStatement } from './proof.ts'

/** Runs statements on a connection of those that look credentials up. */
export type RunOnLookups = <T>(
  work: (prepared: { queries: Queries; tellsCluster: boolean }) => Promise<T>,
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
    return run(async ({ queries, tellsCluster }) => {
      const { committed } = primary
      const statement = `${row.beat(own, maxStaleness())}; ${surveyStatement(tellsCluster)}`
      const results: unknown = await queries.execute(sql.raw(statement))
      const [before, survey] = readResults(results)
      primary.learn(survey)
      primary.acknowledge(own, before, committed)
    })
  }

  const execute = async (statement: string) => {
    await run(({ queries }) => queries.execute(sql.raw(statement)))
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

/** Several statements sent as one have a result each. */
function readResults(results: unknown): [before: number | null, survey: Survey] {
  const rows = (results as readonly (readonly object[])[]).map((result) => result[0] ?? {})
  const written = rows.find((row) => 'before' in row) as { before: number | null }
  const survey = rows.find((row) => 'inRecovery' in row) as Survey
  return [written.before, survey]
}
