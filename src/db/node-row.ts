import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { isUuid } from '../uuid.ts'
import type { SchemaNames } from './schema-names.ts'

/** The payload that means that anything may have changed. */
export const everythingChanged = 'everything'
/** The row of this node in the table `nodes`, as statements without parameters. */
export interface NodeRow {
  readonly id: string
  readonly schema: SchemaNames
  /** The channel of this node's heartbeats. */
  readonly channel: string
  /**
   * Updates the row with the current time and `counter`, and notifies the channel of the node in the
   * same transaction. One result has the column `before`, the counter that the row had; `null` if there
   * was no row.
   *
   * @param maxStaleness milliseconds
   */
  beat(counter: number, maxStaleness: number): string
  /** Removes the rows of nodes that ended without removing them. */
  readonly sweep: string
  readonly remove: string
  /** Answers the question `payload`; `null` if the payload is not a question. */
  answerTo(payload: string): string | null
}

export function createNodeRow(schema: SchemaNames): NodeRow {
  const nodes = `${schema.quoted}.nodes`
  const id = randomUUID()
  const channel = `latchkey_node_${id.replaceAll('-', '')}`
  const host = hostname()
    .replace(/[^\w.:-]/g, '?')
    .slice(0, 255)
  return {
    id,
    schema,
    channel,
    // Statements that are sent as one run in one transaction.
    beat: (counter, maxStaleness) => `${transactionSettings(maxStaleness)};
      with before as (select counter from ${nodes} where id = '${id}')
      insert into ${nodes} as node (id, host, pid, max_staleness_ms, counter)
      values ('${id}', '${host}', ${process.pid}, ${Math.ceil(maxStaleness)}, ${counter})
      on conflict (id) do update
        set last_seen_at = now(), counter = greatest(node.counter, excluded.counter)
      returning (select counter::float8 from before) as before;
      select pg_notify('${channel}', '${counter}')`,
    sweep: `${transactionSettings(2_000)};
      delete from ${nodes}
      where last_seen_at < now() - max_staleness_ms * interval '1 millisecond' - interval '1 minute'`,
    remove: `${transactionSettings(2_000)}; delete from ${nodes} where id = '${id}'`,
    answerTo: (payload) =>
      isUuid(payload) ? `select pg_notify('${schema.answerChannel}', '${id} ${payload}')` : null,
  }
}

/**
 * The settings of the transactions. A short lock timeout and asynchronous commits keep one heartbeat
 * from delaying the next. A crash may lose the latest writes; the next heartbeat replaces them.
 */
function transactionSettings(maxStaleness: number): string {
  const lockTimeout = Math.max(1, Math.min(100, Math.floor(maxStaleness / 20)))
  return `set local lock_timeout = ${lockTimeout}; set local synchronous_commit = off`
}

/** Parses an answer into the node and the question; `null` if the payload is not an answer. */
export function parseAnswer(payload: string): { nodeId: string; question: string } | null {
  const [nodeId = '', question = '', ...rest] = payload.split(' ')
  if (rest.length > 0 || !isUuid(nodeId) || !isUuid(question)) return null
  return { nodeId, question }
}
