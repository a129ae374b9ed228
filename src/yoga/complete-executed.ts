import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { type Decider, watchStream } from './authorize-operation.ts'
import { fieldError, latchkeyErrorOf } from './graphql-errors.ts'
import type { OperationContext } from './operation-admission.ts'

export type Executed = ExecutionResult | AsyncIterableIterator<ExecutionResult>

/** The event of a hook after an operation. */
export interface Done<Result> {
  readonly result: Result
  readonly setResult: (result: Result) => void
}

/**
 * Completes the answer to an operation that was executed with `args`, before Yoga masks errors that it does not know.
 * It runs as a hook, so that a stream which another plugin makes, such as that of a live query, is watched too.
 *
 * @param admitted the context that has the admission of the operation
 * @param last members of the last part, if an error ends the stream. Default: those of `@defer` and `@stream`
 * @returns the hooks for the parts of a stream
 */
export function completeExecuted(
  decider: Decider,
  { result, setResult }: Done<Executed>,
  args: ExecutionArgs,
  admitted: OperationContext,
  last: object = lastIncrement,
) {
  if (isStream(result)) setResult(watchStream(decider, args, admitted, result, last))
  else if (result.errors) setResult(withLatchkeyErrors(result))
  return convertingErrors
}

const convertingErrors = {
  onNext({ result, setResult }: Done<ExecutionResult>) {
    if (result.errors) setResult(withLatchkeyErrors(result))
  },
}

const lastIncrement = { hasNext: false }

function isStream(result: Executed): result is AsyncIterableIterator<ExecutionResult> {
  return Symbol.asyncIterator in result
}

/** Converts the Latchkey errors that resolvers threw to errors with their codes. Yoga masks all others. */
function withLatchkeyErrors<T extends ExecutionResult>(result: T): T {
  const errors = result.errors?.map((thrown) => {
    const error = latchkeyErrorOf(thrown)
    return error === null ? thrown : fieldError(error, thrown)
  })
  return { ...result, errors }
}
