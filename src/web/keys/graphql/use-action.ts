import { useState } from 'react'
import { type AnyVariables, type TypedDocumentNode, useClient } from 'urql'
import { type Failure, failureOf } from './failure.ts'

/**
 * Returns a function that sends a mutation, and the result of the last attempt.
 *
 * @param changed types whose values it changes beside those in its answer: what is shown of them is read again
 */
export function useAction<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  onDone: (data: Data) => void,
  changed: readonly string[] = [],
) {
  const client = useClient()
  const [isPending, setPending] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)

  async function run(variables: Variables): Promise<void> {
    setPending(true)
    setFailure(null)
    const { data, error } = await client.mutation(document, variables, {
      additionalTypenames: [...changed],
    })
    setPending(false)
    const fault = failureOf(error)
    setFailure(fault)
    if (fault === null && data !== undefined) onDone(data)
  }
  return { run, isPending, failure }
}
