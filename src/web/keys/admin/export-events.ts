import type { VariablesOf } from 'gql.tada'
import type { Client } from 'urql'
import { type Failure, failureOf } from '../graphql/failure.ts'
import { AuditQuery } from './queries.ts'

export type AuditFilter = NonNullable<VariablesOf<typeof AuditQuery>['filter']>

export interface ExportOptions {
  readonly filter: AuditFilter
  readonly signal: AbortSignal
  /** Receives the number of events so far. */
  readonly onProgress: (count: number) => void
}

const fileName = 'audit-events.jsonl'
const type = 'application/jsonl'

/**
 * Saves the events that meet a filter as a file, one JSON object on each line. No more than one page of events is in
 * memory: each page is written to the file that the person chooses, or becomes a Blob, which the browser may keep on
 * the disk.
 *
 * @returns the number of events, why it failed, or null if the person cancelled it
 */
export async function exportEvents(
  client: Client,
  { filter, signal, onProgress }: ExportOptions,
): Promise<number | Failure | null> {
  const target = await chooseTarget()
  if (target === null) return null
  let count = 0
  let after: string | null = null
  for (;;) {
    const answer: Awaited<ReturnType<typeof read>> = await read(client, filter, after)
    const failure = failureOf(answer.error)
    if (failure !== null) {
      await target.abort()
      return failure
    }
    const events = answer.data?.auditEvents
    const nodes = events?.nodes ?? []
    await target.write(nodes.map((event) => `${JSON.stringify(event)}\n`).join(''))
    count += nodes.length
    onProgress(count)
    if (signal.aborted) {
      await target.abort()
      return null
    }
    if (events?.pageInfo.hasNextPage !== true) break
    after = events.pageInfo.endCursor
  }
  await target.close()
  return count
}

async function read(client: Client, filter: AuditFilter, after: string | null) {
  const variables = { first: 100, after, filter }
  return await client.query(AuditQuery, variables, { requestPolicy: 'network-only' })
}

interface Target {
  write(text: string): Promise<void>
  close(): Promise<void>
  abort(): Promise<void>
}

interface FileHandle {
  createWritable(): Promise<Target>
}

type Picker = (options: { readonly suggestedName: string }) => Promise<FileHandle>

/** Lets the person choose a file, where the browser can write to it. Returns null if the person chooses none. */
async function chooseTarget(): Promise<Target | null> {
  const picker: Picker | undefined = Reflect.get(globalThis, 'showSaveFilePicker')
  if (picker === undefined) return blobTarget()
  try {
    return await (await picker({ suggestedName: fileName })).createWritable()
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null
    // The browser does not allow it here, for example in a frame.
    return blobTarget()
  }
}

function blobTarget(): Target {
  let parts: Blob[] = []
  return {
    async write(text) {
      parts.push(new Blob([text], { type }))
    },
    async close() {
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob(parts, { type }))
      link.download = fileName
      link.click()
      URL.revokeObjectURL(link.href)
    },
    async abort() {
      parts = []
    },
  }
}
