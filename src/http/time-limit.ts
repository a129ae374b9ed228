import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { ServiceUnavailableError } from '../errors.ts'
import type { Context } from '../schema/context.ts'
import { requestError } from '../yoga/graphql-errors.ts'

type Executed = ExecutionResult | Promise<ExecutionResult>

/**
 * Answers an operation that was not executed within so many milliseconds as an outage (503). What is
 * under way ends by the database's own limits; `context.deadline` keeps its resolvers from starting more.
 */
export function limitTime(
  milliseconds: number,
  execute: (args: ExecutionArgs) => Executed,
): (args: ExecutionArgs) => Executed {
  return (args) => {
    const result = execute(args)
    if (!(result instanceof Promise)) return result
    return within(milliseconds, result, () => {
      const { deadline } = args.contextValue as Context
      deadline.passed = true
      return { errors: [requestError(new ServiceUnavailableError({ reason: 'time-limit' }))] }
    })
  }
}

function within<T>(
  milliseconds: number,
  result: Promise<T>,
  otherwise: () => ExecutionResult,
): Promise<T | ExecutionResult> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(otherwise()), milliseconds)
    result.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
