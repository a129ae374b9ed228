import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { ServiceUnavailableError } from '../errors.ts'
import type { Context } from '../schema/context.ts'
import { requestError } from '../yoga/graphql-errors.ts'

type Executed = ExecutionResult | Promise<ExecutionResult>

/**
 * Answers 503 for an operation that takes longer than `milliseconds`. Statements that already run are ended
 * by the database's own limits; `context.deadline` keeps resolvers from starting new ones.
 */
export function limitTime(
  milliseconds: number,
  execute: (args: ExecutionArgs) => Executed,
): (args: ExecutionArgs) => Executed {
  return (args) => {
    const result = execute(args)
    if (!(result instanceof Promise)) return result
    let timer: NodeJS.Timeout
    const late = new Promise<ExecutionResult>((resolve) => {
      timer = setTimeout(() => {
        const { deadline } = args.contextValue as Context
        deadline.passed = true
        const error = new ServiceUnavailableError({ reason: 'time-limit' })
        resolve({ errors: [requestError(error)] })
      }, milliseconds)
    })
    return Promise.race([result, late]).finally(() => clearTimeout(timer))
  }
}
