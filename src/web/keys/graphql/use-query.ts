import { useCallback, useEffect, useMemo, useState } from 'react'
import { type AnyVariables, type UseQueryArgs, useQuery as useUrqlQuery } from 'urql'
import { type Failure, failureOf } from './failure.ts'
import { recover } from './recovery.ts'

export interface QueryAnswer<Data> {
  readonly data: Data | undefined
  /** The reason why there is nothing to show. It is null while the query runs. */
  readonly failure: Failure | null
  readonly fetching: boolean
}

const passing: readonly Failure['kind'][] = ['network', 'rate-limited', 'unavailable']

/**
 * Runs a query. If the server cannot be reached for a moment, the data stays that the query has returned before, and
 * the query is repeated until the server answers.
 *
 * @returns the answer, and a function that asks again
 */
export function useQuery<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
): readonly [QueryAnswer<Data>, () => void] {
  const [{ data, error, fetching }, execute] = useUrqlQuery(args)
  const variables = JSON.stringify(args.variables ?? {})
  const [good, setGood] = useState<{ variables: string; data: Data } | null>(null)
  const [isRepeating, setRepeating] = useState(false)
  const failure = useMemo(() => failureOf(error), [error])
  const isKept = isPassing(failure) && good !== null && good.variables === variables
  const kept = isKept ? good.data : undefined
  const isOld = kept !== undefined
  if (!fetching && error === undefined && data !== undefined && data !== good?.data) {
    setGood({ variables, data })
  }

  const reload = useCallback(() => {
    setRepeating(false)
    execute({ requestPolicy: 'network-only' })
  }, [execute])
  const repeat = useCallback(() => {
    setRepeating(true)
    execute({ requestPolicy: 'network-only' })
  }, [execute])
  useRecovery(failure, isOld, repeat)

  // A repetition that nobody asked for leaves the words for the failure where they are.
  const isShown = !isOld && (!fetching || isRepeating)
  return [{ data: isOld ? kept : data, failure: isShown ? failure : null, fetching }, reload]
}

/**
 * Repeats a request that failed for a reason that passes, until there is no failure.
 *
 * @param isOld whether the screen still shows an earlier answer
 */
export function useRecovery(failure: Failure | null, isOld: boolean, repeat: () => void): void {
  useEffect(() => {
    if (!isPassing(failure)) return undefined
    return recover({ ask: repeat, isOld, retryAfter: failure.retryAfter ?? 0 })
  }, [failure, isOld, repeat])
}

/** Whether the same request may succeed later. */
export function isPassing(failure: Failure | null): failure is Failure {
  return failure !== null && passing.includes(failure.kind)
}
