import { type Client, type CombinedError, createRequest } from 'urql'
import { type Failure, failureOf } from '../graphql/failure.ts'
import { type RequiredScopes, RequiredScopesQuery } from './queries.ts'

const maxOperations = 20

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

/** The scopes of all operations of a document, or the reasons why the server could not find them. */
export interface DocumentAnalysis {
  readonly operations: readonly Analysis[]
  readonly faults: readonly Fault[]
  readonly failure: Failure | null
}

/** Asks which scopes each operation of a document requires. */
export async function analyse(client: Client, document: string): Promise<DocumentAnalysis> {
  const answers = await Promise.all(
    operationsIn(document).map(async (operation) => {
      const variables = { document, operationName: operation }
      const { data, error } = await client
        .query(RequiredScopesQuery, variables, { requestPolicy: 'network-only' })
        .toPromise()
      return { operation, required: data?.requiredScopes, error }
    }),
  )
  const failed = answers.find(({ error }) => error !== undefined)
  // A fault anywhere in the document makes each of its operations invalid.
  const faults = faultsOf(failed?.error)
  return {
    operations: answers.flatMap(({ operation, required }) =>
      required === undefined ? [] : [{ operation, required }],
    ),
    faults,
    failure: faults.length > 0 ? null : failureOf(failed?.error),
  }
}

/** Returns the names of the operations. The server says what is wrong with a document without any. */
function operationsIn(document: string): readonly (string | null)[] {
  try {
    const names = createRequest(document, {}).query.definitions.flatMap((definition) =>
      definition.kind === 'OperationDefinition' ? [definition.name?.value ?? null] : [],
    )
    return names.length === 0 ? [null] : names.slice(0, maxOperations)
  } catch {
    return [null]
  }
}

function faultsOf(error: CombinedError | undefined): readonly Fault[] {
  const listed = error?.graphQLErrors[0]?.extensions.errors
  if (!Array.isArray(listed)) return []
  return listed.map(({ message, locations }) => ({
    message: String(message),
    line: locations?.[0]?.line ?? null,
  }))
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
