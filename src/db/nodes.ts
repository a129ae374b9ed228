import { randomUUID } from 'node:crypto'
import { getTableColumns, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'
import { within } from '../within.ts'
import { type Connection, connect } from './connect.ts'
import { parseConnectionString } from './connection-string.ts'
import { answerChannel, askChannel, parseAnswer } from './node-row.ts'
import { nodes as table } from './tables.ts'

/** A process that remembers credentials. */
export interface Node {
  readonly id: string
  readonly host: string
  readonly pid: number
  /** Milliseconds, counted from any change, after which it uses nothing that it read before. */
  readonly maxStalenessMs: number
  /** By the database's clock. */
  readonly lastSeenAt: Date
}

export interface NodeAnswers {
  /** These use nothing any more that they had read before they were asked. */
  readonly answered: readonly Node[]
  /** Nor do these by now, for as long was waited as they may remember anything. */
  readonly unanswered: readonly Node[]
  /** Whether the nodes could be listed. Where not, the time that was given instead was waited. */
  readonly listed: boolean
  /** How long it took. */
  readonly milliseconds: number
}

export interface AwaitNodesOptions {
  /** A direct connection: behind a transaction pooler nothing is heard. */
  readonly url: string
  /** How long to wait where the nodes cannot be listed. Milliseconds. */
  readonly maxStaleness: number
}

/** Between two questions, for nodes that were just connecting. Milliseconds. */
const askInterval = 100
/** What a row's age may exceed a node's heartbeats by. Milliseconds. */
const slack = 1_000
/** The longest that can be configured. */
const longestStaleness = 3_600_000

/**
 * Waits until every living node has heard of all that was committed before this was called, and at
 * most as long as one may use what it remembers without hearing anything.
 *
 * Asks by a notification. It comes to each node after those of all commits before it (PostgreSQL,
 * NOTIFY), so a node that answers has taken them in. A node without a row (it had no right to write
 * one) is not waited for; the bound holds for it all the same.
 */
export async function awaitNodes({ url, maxStaleness }: AwaitNodesOptions): Promise<NodeAnswers> {
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

  /** Connects anew where the connection was lost. */
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
    await opened.sql.unsafe(`listen ${answerChannel}`)
    connection = opened
    return opened
  }

  async function ask(): Promise<void> {
    const { sql: client } = await listening()
    const rows = await readNodes(client)
    living = new Set(rows.filter((row) => row.living).map((row) => row.id))
    nodes =
      nodes === null
        ? rows.filter((row) => row.living).map(toNode)
        : // One that has shut down in the meantime uses nothing any more.
          nodes.filter(({ id }) => rows.some((row) => row.id === id))
    if (waitedFor().length > 0) await client`select pg_notify(${askChannel}, ${question})`
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

function readNodes(client: postgres.Sql) {
  const age = sql`(${table.maxStalenessMs} + ${slack}) * interval '1 millisecond'`
  return drizzle({ client })
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
