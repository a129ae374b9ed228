import type { Client } from 'urql'
import { type Failure, failureOf } from '../graphql/failure.ts'
import { AuditQuery } from './queries.ts'

/**
 * Saves the events that meet a filter as a file, one JSON object on each line.
 *
 * @returns the number of events, or why it failed
 */
export async function exportEvents(
  client: Client,
  filter: { readonly types?: string[]; readonly actorSubject?: string },
): Promise<number | Failure> {
  const lines: string[] = []
  let after: string | null = null
  for (;;) {
    const answer: Awaited<ReturnType<typeof read>> = await read(client, filter, after)
    const failure = failureOf(answer.error)
    if (failure !== null) return failure
    const events = answer.data?.auditEvents
    lines.push(...(events?.nodes.map((event) => `${JSON.stringify(event)}\n`) ?? []))
    if (events?.pageInfo.hasNextPage !== true) break
    after = events.pageInfo.endCursor
  }
  save(new Blob(lines, { type: 'application/jsonl' }), 'audit-events.jsonl')
  return lines.length
}

async function read(
  client: Client,
  filter: { readonly types?: string[]; readonly actorSubject?: string },
  after: string | null,
) {
  const variables = { first: 100, after, filter }
  return await client.query(AuditQuery, variables, { requestPolicy: 'network-only' })
}

function save(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
