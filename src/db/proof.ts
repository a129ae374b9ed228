import { type SQL, sql } from 'drizzle-orm'
import type { Cause } from './causes.ts'
import { codeOf } from './connection/errors.ts'
import type { Queries } from './link.ts'
import { nodes } from './tables.ts'

/** The facts about a server that are read when a connection opens. */
export interface Survey {
  /**
   * The process id of the session that answers. A pooler sends a different one when a connection opens.
   */
  readonly pid: number
  readonly inRecovery: boolean
  /** The identifier of the cluster (`pg_control_system`); `null` if the server does not report it. */
  readonly system: string | null
  /**
   * The timeline of the write-ahead log, 8 hexadecimal digits; `null` in recovery, or if the server
   * does not report it.
   */
  readonly timeline: string | null
}

/**
 * The facts about a server that the statement which looks up a credential returns, so that the answer
 * proves which server it comes from. A check when a connection opens does not prove it: a pooler may
 * send each statement to another server.
 */
export interface ServerState {
  readonly inRecovery: boolean
  readonly timeline: string | null
  /** The counter of this node on that server; `null` if the server has no row of this node. */
  readonly counter: number | null
}

/**
 * The current timeline. Right after a promotion `pg_control_checkpoint()` still returns the old one.
 */
const timelineNow = `case when pg_is_in_recovery() then null
  else left(pg_walfile_name(pg_current_wal_lsn()), 8) end`

/**
 * The column for a server that does not report the value: some managed servers have no readable
 * write-ahead log.
 */
const notReported = 'null::text'

/** The columns of a {@link ServerState}. They have the placeholder `node`, the id of this node. */
export function stateColumns(reportsTimeline: boolean) {
  return {
    inRecovery: sql<boolean>`pg_is_in_recovery()`,
    timeline: sql.raw(reportsTimeline ? timelineNow : notReported) as SQL<string | null>,
    counter: sql<number | null>`(select counter::float8 from ${nodes}
      where id = ${sql.placeholder('node')})`,
  }
}

/** Reads the state of the server that answers; `undefined` if it returns no row. */
export async function readServerState(
  queries: Pick<Queries, 'select'>,
  nodeId: string,
): Promise<ServerState | undefined> {
  const [state] = await queries
    .select(stateColumns(false))
    .from(sql`(values (true)) as one`)
    .prepare('')
    .execute({ node: nodeId })
  return state
}

/** A statement that returns one row, a {@link Survey}. */
export function surveyStatement(reportsCluster: boolean): string {
  return `select pg_backend_pid() as pid, pg_is_in_recovery() as "inRecovery",
    ${reportsCluster ? '(pg_control_system()).system_identifier::text' : notReported} as system,
    ${reportsCluster ? timelineNow : notReported} as timeline`
}

/** SQLSTATEs of a server that does not report: not supported, no such function, no right to call it. */
const unsupported: ReadonlySet<unknown> = new Set(['0A000', '42883', '42501'])

/**
 * Reads a {@link Survey} of the server.
 *
 * @returns also whether the server reports its cluster and timeline
 */
export async function survey(queries: Queries): Promise<Survey & { reportsCluster: boolean }> {
  const ask = async (reportsCluster: boolean) => {
    const [row] = await queries.execute(sql.raw(surveyStatement(reportsCluster)))
    return { ...(row as unknown as Survey), reportsCluster }
  }
  try {
    return await ask(true)
  } catch (error) {
    if (!unsupported.has(codeOf((error as Error).cause ?? error))) throw error
    return ask(false)
  }
}

/** The server that answered is not proven to be the primary, so its answer is discarded. */
export class UnprovenServerError extends Error {
  readonly databaseCause: Extract<Cause, 'recovery' | 'old-timeline' | 'stale-server'>

  constructor(cause: UnprovenServerError['databaseCause']) {
    super(`The server that answered is not proven to be the primary (${cause}).`)
    this.name = 'UnprovenServerError'
    this.databaseCause = cause
  }
}

/**
 * The known state of the primary. A promotion begins a new timeline, so the primary of a cluster has
 * the highest timeline seen so far. The primary also has everything that this node has committed there.
 */
export class KnownPrimary {
  #system: string | null = null
  #timeline: string | null = null
  #committed = 0
  #onOtherHistory = () => {}

  /**
   * Calls `listener` each time the primary may have another history than the data that was read before.
   */
  onOtherHistory(listener: () => void): void {
    this.#onOtherHistory = listener
  }

  /** The highest counter whose commit was acknowledged. It must be read before a lookup starts. */
  get committed(): number {
    return this.#committed
  }

  /**
   * Records that the primary committed the counter `counter` of this node.
   *
   * @param before the counter that it replaced; `null` if the node had no row
   * @param committed the committed counter before `counter` was sent. A lower `before` shows that the
   *   primary was restored, or promoted without the last commits
   */
  acknowledge(counter: number, before: number | null, committed: number): void {
    this.#committed = Math.max(this.#committed, counter)
    if ((before ?? 0) < committed) this.#onOtherHistory()
  }

  /**
   * Releases the counter before the row of this node is removed: no server needs to have the row, not
   * even for pending lookups.
   */
  releaseCounter(): void {
    this.#committed = 0
  }

  /**
   * Records the survey of the server of a connection.
   *
   * @throws UnprovenServerError if the server is not the primary
   */
  observe({ inRecovery, system, timeline }: Survey): void {
    if (inRecovery) throw new UnprovenServerError('recovery')
    const isOther = this.#system !== null && system !== null && system !== this.#system
    if (!isOther && isLower(timeline, this.#timeline)) throw new UnprovenServerError('old-timeline')
    if (system !== null) this.#system = system
    if (timeline !== null) this.#timeline = timeline
    if (isOther) this.#onOtherHistory()
  }

  /** Returns whether a server with that state was promoted since the last survey of the primary. */
  isOutdatedBy({ timeline }: ServerState): boolean {
    return this.#timeline !== null && isLower(this.#timeline, timeline)
  }

  /**
   * Returns whether a server with that state lacks the counter that this node had committed, as in
   * {@link check}.
   */
  lacksCounter({ counter }: ServerState, committed: number): boolean {
    return (counter ?? 0) < Math.min(committed, this.#committed)
  }

  /**
   * Checks the answer of a lookup.
   *
   * @param committed the committed counter before the lookup started. It is ignored once the counter
   *   was released
   * @throws UnprovenServerError if the server is in recovery, on a lower timeline than the highest
   *   seen, or lacks the counter that this node had committed
   */
  check(state: ServerState, committed: number): void {
    if (state.inRecovery) throw new UnprovenServerError('recovery')
    if (isLower(state.timeline, this.#timeline)) throw new UnprovenServerError('old-timeline')
    if (this.lacksCounter(state, committed)) throw new UnprovenServerError('stale-server')
  }
}

function isLower(timeline: string | null, than: string | null): boolean {
  return timeline !== null && than !== null && timeline < than
}
