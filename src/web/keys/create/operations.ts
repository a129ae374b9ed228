import type { Client, CombinedError } from 'urql'
import { type Failure, failureOf } from '../graphql/failure.ts'
import { type OperationPart, operationParts } from './document-parts.ts'
import { type RequiredScopes, RequiredScopesQuery } from './queries.ts'

const maxOperations = 200
/** The number of requests at a time. */
const concurrency = 4
const maxRetries = 2
const maxPause = 5

/** A place in a document where it is not valid. */
export interface Fault {
  readonly message: string
  readonly line: number | null
}

/** The scopes of one operation. */
export interface Analysis {
  readonly operation: string | null
  readonly required: RequiredScopes
}

/** The scopes of the operations of a document, or the reasons why the server could not find them. */
export interface DocumentAnalysis {
  readonly operations: readonly Analysis[]
  readonly faults: readonly Fault[]
  readonly failure: Failure | null
  /** The number of operations that were left out because there are too many. */
  readonly ignored: number
}

/** Asks which scopes each operation of a document requires. */
export async function analyse(client: Client, document: string): Promise<DocumentAnalysis> {
  const parts = operationParts(document)
  const asked = parts.slice(0, maxOperations)
  let isLost = false
  const answers = await inTurns(asked, async ({ name, document }: OperationPart) => {
    if (isLost) return { operation: name }
    const { data, error } = await ask(client, document)
    isLost ||= error !== undefined && faultsOf(error).length === 0
    return { operation: name, required: data?.requiredScopes, error }
  })
  const faults = new Map(
    answers.flatMap(({ error }) =>
      faultsOf(error).map((fault) => [`${fault.line} ${fault.message}`, fault]),
    ),
  )
  const failed = answers.find(({ error }) => error !== undefined)
  return {
    operations: answers.flatMap(({ operation, required }) =>
      required === undefined ? [] : [{ operation, required }],
    ),
    faults: [...faults.values()],
    failure: faults.size > 0 ? null : failureOf(failed?.error),
    ignored: parts.length - asked.length,
  }
}

/** Asks again if the server asks to wait: many operations are many requests. */
async function ask(client: Client, document: string) {
  for (let tries = 0; ; tries++) {
    const result = await client
      .query(RequiredScopesQuery, { document }, { requestPolicy: 'network-only' })
      .toPromise()
    const failure = failureOf(result.error)
    const isBusy = failure?.kind === 'unavailable' || failure?.kind === 'rate-limited'
    const seconds = failure?.retryAfter ?? 1
    if (!isBusy || tries === maxRetries || seconds > maxPause) return result
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  }
}

/** Maps items with a few calls at a time. */
async function inTurns<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  async function work() {
    for (const [index, item] of queue) results[index] = await map(item)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return results
}

function faultsOf(error: CombinedError | undefined): readonly Fault[] {
  const listed = error?.graphQLErrors[0]?.extensions.errors
  if (!Array.isArray(listed)) return []
  return listed.map(({ message, locations }) => ({
    message: String(message),
    line: locations?.[0]?.line ?? null,
  }))
}

/** Returns the scopes that the operations of a valid document need together, in order. */
export function neededScopes(
  { operations, faults, failure }: DocumentAnalysis,
  held: ReadonlySet<string>,
): readonly string[] {
  if (faults.length > 0 || failure !== null) return []
  return [...new Set(operations.flatMap(({ required }) => scopesToTake(required, held)))].sort()
}

/** Returns the list of scopes to take: one that the person holds, else the one that lacks the fewest. */
export function scopesToTake(
  { scopes }: RequiredScopes,
  held: ReadonlySet<string>,
): readonly string[] {
  const lacking = (list: readonly string[]) => list.filter((scope) => !held.has(scope)).length
  const [best] = [...scopes].sort((a, b) => lacking(a) - lacking(b) || a.length - b.length)
  return best ?? []
}
