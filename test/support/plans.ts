import postgres from 'postgres'
import { startDatabaseProxy } from './database-proxy.ts'

/** One node of a plan, in the form of `EXPLAIN (ANALYZE, FORMAT JSON)`. */
export interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** One statement that a client or a trigger executed, and the nodes of its plan. */
export interface ExecutedStatement {
  readonly text: string
  readonly nodes: readonly PlanNode[]
}

export interface PlanRecorder {
  /** The URL of the database. Statements that are executed through it are recorded. */
  readonly url: string
  /** Returns the statements executed since the last call. */
  take(): readonly ExecutedStatement[]
  close(): Promise<void>
}

/**
 * Makes PostgreSQL report in notices how it executed each statement, including those of triggers and
 * foreign keys (auto_explain, which is part of PostgreSQL), and reads these notices on their way to the
 * client.
 */
export async function recordPlans(databaseUrl: string): Promise<PlanRecorder> {
  const name = new URL(databaseUrl).pathname.slice(1)
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  for (const [setting, value] of Object.entries(settings)) {
    // The setting applies to sessions that begin from now on.
    await sql.unsafe(`alter database ${name} set ${setting} = '${value}'`)
  }
  await sql.end()
  const proxy = await startDatabaseProxy(databaseUrl)
  let executed: ExecutedStatement[] = []
  proxy.onNotice((message) => {
    const [duration, json] = message.split(/ plan:\n/)
    if (json === undefined || !duration?.startsWith('duration: ')) return
    const { 'Query Text': text, Plan: plan } = JSON.parse(json)
    executed.push({ text, nodes: flat(plan) })
  })
  return {
    url: proxy.url,
    take() {
      const taken = executed
      executed = []
      return taken
    },
    close: () => proxy.close(),
  }
}

const settings = {
  session_preload_libraries: 'auto_explain',
  client_min_messages: 'notice',
  'auto_explain.log_level': 'notice',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
}

function flat(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)]
}
