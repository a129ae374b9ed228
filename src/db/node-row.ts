import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'

/** Where a node is asked whether it has heard of everything so far, and where it answers. */
export const askChannel = 'latchkey_ask'
export const answerChannel = 'latchkey_answers'

/** A node's own row in `latchkey.nodes`, as statements without parameters. */
export interface NodeRow {
  /** Writes that it is there now. Waits for no lock to speak of. */
  readonly refresh: string
  /** Clears away what nodes that ended without a word have left. */
  readonly sweep: string
  readonly remove: string
  /** Tells whoever asked by `payload`; `null` where that is no question. */
  answerTo(payload: string): string | null
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** @param maxStaleness milliseconds */
export function createNodeRow(maxStaleness: number): NodeRow {
  const id = randomUUID()
  // What waits, for a lock or a disk, holds up the heartbeats behind it. A crash then takes the latest
  // writes along, and of a row that is there no more than that makes it a little older.
  const brief =
    `set local lock_timeout = ${Math.max(1, Math.min(100, Math.floor(maxStaleness / 20)))}; ` +
    'set local synchronous_commit = off'
  const host = hostname()
    .replace(/[^\w.:-]/g, '?')
    .slice(0, 255)
  return {
    // Statements sent as one are one transaction.
    refresh: `${brief};
      insert into latchkey.nodes (id, host, pid, max_staleness_ms)
      values ('${id}', '${host}', ${process.pid}, ${Math.ceil(maxStaleness)})
      on conflict (id) do update set last_seen_at = now()`,
    sweep: `${brief};
      delete from latchkey.nodes
      where last_seen_at < now() - max_staleness_ms * interval '1 millisecond' - interval '1 minute'`,
    remove: `${brief}; delete from latchkey.nodes where id = '${id}'`,
    answerTo: (payload) =>
      uuid.test(payload) ? `select pg_notify('${answerChannel}', '${id} ${payload}')` : null,
  }
}

/** Who answered which question; `null` where it is no answer. */
export function parseAnswer(payload: string): { nodeId: string; question: string } | null {
  const [nodeId = '', question = '', ...rest] = payload.split(' ')
  if (rest.length > 0 || !uuid.test(nodeId) || !uuid.test(question)) return null
  return { nodeId, question }
}
