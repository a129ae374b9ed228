import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { isUuid } from '../uuid.ts'

/** The channel on which triggers announce changes of keys and users. */
export const changeChannel = 'latchkey_changes'
/** What is announced there where anything may have changed. */
export const everythingChanged = 'everything'
/** Where a node is asked whether it has heard of everything so far, and where it answers. */
export const askChannel = 'latchkey_ask'
export const answerChannel = 'latchkey_answers'

/** A node's own row in `latchkey.nodes`, as statements without parameters. */
export interface NodeRow {
  readonly id: string
  /** The channel of this node's heartbeats. */
  readonly channel: string
  /**
   * Writes that the node is there now, with `counter`, and notifies its channel of that in the same
   * transaction. One result tells by `before` the counter that was there; `null`: there was no row.
   *
   * @param maxStaleness milliseconds
   */
  beat(counter: number, maxStaleness: number): string
  /** Removes the rows of nodes that ended without removing them. */
  readonly sweep: string
  readonly remove: string
  /** Answers whoever asked by `payload`; `null` where that is no question. */
  answerTo(payload: string): string | null
}

export function createNodeRow(): NodeRow {
  const id = randomUUID()
  const channel = `latchkey_node_${id.replaceAll('-', '')}`
  const host = hostname()
    .replace(/[^\w.:-]/g, '?')
    .slice(0, 255)
  return {
    id,
    channel,
    // Statements sent as one are one transaction.
    beat: (counter, maxStaleness) => `${transactionSettings(maxStaleness)};
      with before as (select counter from latchkey.nodes where id = '${id}')
      insert into latchkey.nodes as node (id, host, pid, max_staleness_ms, counter)
      values ('${id}', '${host}', ${process.pid}, ${Math.ceil(maxStaleness)}, ${counter})
      on conflict (id) do update
        set last_seen_at = now(), counter = greatest(node.counter, excluded.counter)
      returning (select counter::float8 from before) as before;
      select pg_notify('${channel}', '${counter}')`,
    sweep: `${transactionSettings(2_000)};
      delete from latchkey.nodes
      where last_seen_at < now() - max_staleness_ms * interval '1 millisecond' - interval '1 minute'`,
    remove: `${transactionSettings(2_000)}; delete from latchkey.nodes where id = '${id}'`,
    answerTo: (payload) =>
      isUuid(payload) ? `select pg_notify('${answerChannel}', '${id} ${payload}')` : null,
  }
}

/**
 * What waits for a lock or a disk holds up the heartbeats behind it. A crash may take the latest writes
 * along; the next heartbeat makes up for that.
 */
function transactionSettings(maxStaleness: number): string {
  const lockTimeout = Math.max(1, Math.min(100, Math.floor(maxStaleness / 20)))
  return `set local lock_timeout = ${lockTimeout}; set local synchronous_commit = off`
}

/** Who answered which question; `null` where it is no answer. */
export function parseAnswer(payload: string): { nodeId: string; question: string } | null {
  const [nodeId = '', question = '', ...rest] = payload.split(' ')
  if (rest.length > 0 || !isUuid(nodeId) || !isUuid(question)) return null
  return { nodeId, question }
}
