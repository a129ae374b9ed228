import { randomUUID } from 'node:crypto'
import { getTableColumns, sql } from 'drizzle-orm'
import type postgres from 'postgres'
import { within } from '../within.ts'
import { type Connection, connect } from './connect.ts'
import { parseConnectionString } from './connection-string.ts'
import { parseAnswer } from './node-row.ts'
import { queriesOn } from './queries.ts'
import { type SchemaNames, standardSchema } from './schema-names.ts'
import { nodes as table } from './tables.ts'

/** A process that caches credentials. */
export interface Node {
  readonly id: string
  readonly host: string
  readonly pid: number
  /**
   * The time after any change, in milliseconds, after which the node uses nothing that it read before.
   */
  readonly maxStalenessMs: number
  /** The time of the last heartbeat, by the clock of the database. */
  readonly lastSeenAt: Date
}

export interface NodeAnswers {
  /** The nodes that answered. They no longer use anything that they had read before the question. */
  readonly answered: readonly Node[]
  /**
   * The nodes that did not answer. They do not use it either, because their staleness bound has passed.
   */
  readonly unanswered: readonly Node[]
  /** Whether the nodes could be listed. If not, this call waited for `maxStaleness`. */
  readonly listed: boolean
  /** The duration of the wait. */
  readonly milliseconds: number
}

export interface AwaitNodesOptions {
  /** The URL of a direct connection: a transaction pooler passes on no notifications. */
  readonly url: string
  /** The schema with the tables. Default: `latchkey`. */
  readonly schema?: SchemaNames
  /** The time to wait if the nodes cannot be listed. Milliseconds. */
  readonly maxStaleness: number
}

/** The interval between two questions, for nodes that were just connecting. Milliseconds. */
const askInterval = 100
/**
 * The time by which the age of a row may exceed the staleness bound before the node counts as ended.
 * Milliseconds.
 */
const slack = 1_000
/** The longest staleness bound that can be configured. Milliseconds. */
const longestStaleness = 3_600_000

/**
 * Waits until every running node has received all changes that were committed before this call, and at
 * most until their staleness bounds have passed.
 *
 * The question is a notification. Each node receives it after those of all earlier commits (PostgreSQL,
 * NOTIFY), so a node that answers has processed them. This function does not wait for a node without a
 * row, which had no right to write one; the staleness bound of such a node still holds.
 */
export async function awaitNodes(options: AwaitNodesOptions): Promise<NodeAnswers> {
  const { url, maxStaleness, schema = standardSchema } = options
  const question = randomUUID()
  const started = performance.now()
  const elapsed = () => performance.now() - started
  const answers = new Set<string>()
  let onAnswer = () => {}
  let connection = null as Connection | null
  let connecting: Promise<Connection> | null = null
  const opening = new AbortController()
  let nodes = null as readonly Node[] | null
  let living: ReadonlySet<string> = new Set()
  const unanswered = () => nodes?.filter(({ id }) => !answers.has(id)) ?? []
  const waitedFor = () => unanswered().filter(({ id }) => living.has(id))
  const bound = () =>
    nodes === null ? maxStaleness : Math.max(0, ...waitedFor().map((node) => node.maxStalenessMs))

  /** Returns the connection, and reconnects if it was lost. */
  async function listening(): Promise<Connection> {
    if (connection?.alive) return connection
    connecting ??= listen().finally(() => {
      connecting = null
    })
    return connecting
  }

  async function listen(): Promise<Connection> {
    const opened = await connect(parseConnectionString(url), {
      applicationName: 'latchkey-await',
      connectTimeout: 2_000,
      requirePrimary: true,
      onnotify: (_channel, payload) => {
        const answer = parseAnswer(payload)
        if (answer?.question !== question) return
        answers.add(answer.nodeId)
        onAnswer()
      },
      signal: opening.signal,
    })
    await opened.sql.unsafe(`listen ${schema.answerChannel}`)
    connection = opened
    return opened
  }

  async function ask(): Promise<void> {
    const { sql: client } = await listening()
    const rows = await readNodes(client, schema)
    living = new Set(rows.filter((row) => row.living).map((row) => row.id))
    nodes =
      nodes === null
        ? rows.filter((row) => row.living).map(toNode)
        : // A node that has shut down in the meantime no longer uses anything.
          nodes.filter(({ id }) => rows.some((row) => row.id === id))
    if (waitedFor().length > 0) await client`select pg_notify(${schema.askChannel}, ${question})`
  }

  try {
    while (elapsed() < bound()) {
      await within(bound() - elapsed(), ask())
      const next = elapsed() + askInterval
      while (elapsed() < Math.min(bound(), next)) {
        const answered = new Promise<void>((resolve) => {
          onAnswer = resolve
        })
        await within(Math.min(bound(), next) - elapsed(), answered)
      }
    }
  } finally {
    opening.abort()
    connection?.destroy()
  }
  return {
    answered: nodes?.filter(({ id }) => answers.has(id)) ?? [],
    unanswered: unanswered(),
    listed: nodes !== null,
    milliseconds: Math.round(elapsed()),
  }
}

function readNodes(client: postgres.Sql, schema: SchemaNames) {
  const age = sql`(${table.maxStalenessMs} + ${slack}) * interval '1 millisecond'`
  return queriesOn(client, schema)
    .select({
      ...getTableColumns(table),
      living: sql<boolean>`${table.lastSeenAt} > now() - ${age}`,
    })
    .from(table)
    .orderBy(table.host, table.pid, table.id)
}

function toNode({ id, host, pid, maxStalenessMs, lastSeenAt }: Node): Node {
  return { id, host, pid, maxStalenessMs: Math.min(maxStalenessMs, longestStaleness), lastSeenAt }
}
