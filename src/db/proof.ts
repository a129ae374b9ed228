import { type SQL, sql } from 'drizzle-orm'
import type { Cause } from './causes.ts'
import { codeOf } from './connection/errors.ts'
import type { Queries } from './link.ts'
import { nodes } from './tables.ts'

/** What a server tells of itself when a connection opens. */
export interface Survey {
  /** Of the session that answers; a pooler tells another one when a connection opens. */
  readonly pid: number
  readonly inRecovery: boolean
  /** Identifies the cluster (`pg_control_system`); `null` where the server does not tell. */
  readonly system: string | null
  /** Of the write-ahead log, 8 hexadecimal digits; `null` in recovery, or where the server does not tell. */
  readonly timeline: string | null
}

/**
 * What a server tells of itself in the statement that looks a credential up, so that the answer proves
 * where it comes from. A check when a connection opens does not: a pooler may send each statement to
 * another server.
 */
export interface ServerState {
  readonly inRecovery: boolean
  readonly timeline: string | null
  /** This node's counter as that server has it; `null` where it has no row of this node. */
  readonly counter: number | null
}

/** Right after a promotion `pg_control_checkpoint()` still names the old timeline; this does not. */
const timelineNow = `case when pg_is_in_recovery() then null
  else left(pg_walfile_name(pg_current_wal_lsn()), 8) end`

/** For a server that does not tell: some managed ones have no write-ahead log to show. */
const notReported = 'null::text'

/** Columns of a {@link ServerState}; they take the placeholder `node`, the id of this node. */
export function stateColumns(reportsTimeline: boolean) {
  return {
    inRecovery: sql<boolean>`pg_is_in_recovery()`,
    timeline: sql.raw(reportsTimeline ? timelineNow : notReported) as SQL<string | null>,
    counter: sql<number | null>`(select counter::float8 from ${nodes}
      where id = ${sql.placeholder('node')})`,
  }
}

/** The state of the server that answers; `undefined` where it answers with no row. */
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

/** A statement whose one row is a {@link Survey}. */
export function surveyStatement(reportsCluster: boolean): string {
  return `select pg_backend_pid() as pid, pg_is_in_recovery() as "inRecovery",
    ${reportsCluster ? '(pg_control_system()).system_identifier::text' : notReported} as system,
    ${reportsCluster ? timelineNow : notReported} as timeline`
}

/** Not supported, no such function, no right to call it. */
const unsupported: ReadonlySet<unknown> = new Set(['0A000', '42883', '42501'])

/** @returns also whether the server tells of its cluster and timeline at all */
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

/** The server that answered is not proven to be the primary: its answer counts for nothing. */
export class UnprovenServerError extends Error {
  readonly databaseCause: Extract<Cause, 'recovery' | 'old-timeline' | 'stale-server'>

  constructor(cause: UnprovenServerError['databaseCause']) {
    super(`The server that answered is not proven to be the primary (${cause}).`)
    this.name = 'UnprovenServerError'
    this.databaseCause = cause
  }
}

/**
 * What is known of the primary so far. A promotion begins a new timeline, so of one cluster the highest
 * timeline seen is the primary's; and whatever this node has committed there, the primary has.
 */
export class KnownPrimary {
  #system: string | null = null
  #timeline: string | null = null
  #committed = 0
  #onOtherHistory = () => {}

  /** Calls `listener` each time that what was read before may be of another history than the primary's. */
  onOtherHistory(listener: () => void): void {
    this.#onOtherHistory = listener
  }

  /** The highest counter whose commit was acknowledged: to be read before a lookup starts. */
  get committed(): number {
    return this.#committed
  }

  /**
   * The counter `counter` of this node was committed by the primary.
   *
   * @param before the counter that it replaced; `null`: the node had no row
   * @param committed as it was before `counter` was sent: less than that shows that the primary was
   *   restored, or promoted without the last commits
   */
  acknowledge(counter: number, before: number | null, committed: number): void {
    this.#committed = Math.max(this.#committed, counter)
    if ((before ?? 0) < committed) this.#onOtherHistory()
  }

  /** This node's row is about to be removed: no server need have it, for lookups under way either. */
  releaseCounter(): void {
    this.#committed = 0
  }

  /**
   * Takes in what a connection's server tells of itself.
   *
   * @throws UnprovenServerError where it is not the primary
   */
  observe({ inRecovery, system, timeline }: Survey): void {
    if (inRecovery) throw new UnprovenServerError('recovery')
    const isOther = this.#system !== null && system !== null && system !== this.#system
    if (!isOther && isLower(timeline, this.#timeline)) throw new UnprovenServerError('old-timeline')
    if (system !== null) this.#system = system
    if (timeline !== null) this.#timeline = timeline
    if (isOther) this.#onOtherHistory()
  }

  /** Whether a server with that state was promoted since the primary was last learnt. */
  isOutdatedBy({ timeline }: ServerState): boolean {
    return this.#timeline !== null && isLower(this.#timeline, timeline)
  }

  /** Whether a server with that state is without what this node had committed, as in {@link check}. */
  lacksCounter({ counter }: ServerState, committed: number): boolean {
    return (counter ?? 0) < Math.min(committed, this.#committed)
  }

  /**
   * Checks the answer of a lookup.
   *
   * @param committed as it was before the lookup started; it does not count once the counter was released
   * @throws UnprovenServerError where the server is in recovery, on a lower timeline than the highest
   *   seen, or without what this node had committed
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
