import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { refuseUndeclared, type Undeclared } from '../decision/undeclared.ts'
import { type Decider, denialAgain, denialOf, watchStream } from './authorize-operation.ts'
import { fieldError, latchkeyErrorOf } from './graphql-errors.ts'
import type { OperationContext } from './operation-admission.ts'
import type { PrincipalContext } from './use-principal.ts'

type Executed = ExecutionResult | AsyncIterableIterator<ExecutionResult>

type Execute = (args: ExecutionArgs) => Executed | PromiseLike<Executed>

interface Start {
  readonly args: ExecutionArgs
  readonly setResultAndStopExecution: (result: ExecutionResult) => void
}

interface ExecuteStart extends Start {
  readonly executeFn: Execute
  readonly setExecuteFn: (execute: Execute) => void
}

interface SubscribeStart extends Start {
  readonly subscribeFn: Execute
  readonly setSubscribeFn: (subscribe: Execute) => void
}

interface SubscribeDone {
  readonly args: ExecutionArgs
  readonly result: Executed
  readonly setResult: (result: Executed) => void
}

interface StreamNext {
  readonly result: ExecutionResult
  readonly setResult: (result: ExecutionResult) => void
}

export interface UseDecisionOptions extends Decider {
  /** The treatment of root fields that declare no requirement: see `usePrincipal`. Default `refuse`. */
  readonly undeclared?: Undeclared | undefined
}

/**
 * Authorizes each operation as a whole, and notes that it is executed: see {@link OperationAdmission.wasExecuted}.
 * Place it after every plugin that replaces the function that executes, and before those of the application, whose
 * function may return the answer to another caller.
 *
 * It uses one hook, because each one takes Yoga about as long as the decision.
 */
export function useDecision({
  undeclared = 'refuse',
  ...decider
}: UseDecisionOptions): Plugin<PrincipalContext> {
  const { operations } = decider
  const accepted = new WeakSet<GraphQLSchema>()
  let last: GraphQLSchema | null = null

  function check(schema: GraphQLSchema): void {
    if (schema === last) return
    if (!accepted.has(schema)) refuseUndeclared(schema, undeclared)
    accepted.add(schema)
    last = schema
  }

  function settled(args: ExecutionArgs, result: Executed): Executed {
    if (isStream(result)) return watchStream(decider, args, result, lastIncrement)
    return result.errors ? withLatchkeyErrors(result) : result
  }

  /** Returns `execute` for the operation of `args`, which is decided on again if it changes until then. */
  function authorized(execute: Execute, args: ExecutionArgs): Execute {
    const { schema, document, operationName, variableValues, contextValue } = args
    const { principal = null } = contextValue as OperationContext
    const allowed = { schema, document, operationName, variableValues, principal }
    return (final) => {
      const run = (): Executed | PromiseLike<Executed> => {
        operations.executes(final.contextValue as OperationContext)
        return execute(final)
      }
      const denial = denialAgain(decider, final, allowed)
      return denial instanceof Promise
        ? denial.then((settled) => settled ?? run())
        : (denial ?? run())
    }
  }

  /** Returns `execute` with results as callers need them. */
  function settling(execute: Execute): Execute {
    return (args) => {
      const result = execute(args)
      return isPromise(result)
        ? result.then((executed) => settled(args, executed))
        : settled(args, result)
    }
  }

  /** Decides on an operation, and calls `proceed` if it may run. */
  function decide<Hooks>(
    { args, setResultAndStopExecution }: Start,
    proceed: () => Hooks,
  ): Hooks | undefined | Promise<Hooks | undefined> {
    // Yoga keeps a schema that a plugin refused while a request was under way.
    check(args.schema)
    const finish = (denial: ExecutionResult | null) => {
      if (denial === null) return proceed()
      setResultAndStopExecution(denial)
      return undefined
    }
    const denial = denialOf(decider, args)
    return denial instanceof Promise ? denial.then(finish) : finish(denial)
  }

  const onStreamed = {
    onNext({ result, setResult }: StreamNext) {
      if (result.errors) setResult(withLatchkeyErrors(result))
    },
  }
  const onSubscribed = {
    onSubscribeResult({ args, result, setResult }: SubscribeDone) {
      if (isStream(result)) setResult(watchStream(decider, args, result, {}))
      else if (result.errors) setResult(withLatchkeyErrors(result))
      return onStreamed
    },
  }
  return {
    onSchemaChange: ({ schema }) => check(schema),

    onExecute: (start) => {
      const { args, executeFn, setExecuteFn } = start as ExecuteStart
      return decide(start, () => setExecuteFn(settling(authorized(executeFn, args))))
    },

    onSubscribe: (start) => {
      const { args, subscribeFn, setSubscribeFn } = start as SubscribeStart
      return decide(start, () => {
        setSubscribeFn(authorized(subscribeFn, args))
        return onSubscribed
      })
    },
  }
}

/** The members of the last result of an operation with `@defer` or `@stream`. */
const lastIncrement = { hasNext: false }

function isStream(result: Executed): result is AsyncIterableIterator<ExecutionResult> {
  return Symbol.asyncIterator in result
}

function isPromise(result: Executed | PromiseLike<Executed>): result is PromiseLike<Executed> {
  return 'then' in result && typeof result.then === 'function'
}

/** Converts the Latchkey errors that resolvers threw to errors with their codes. Yoga masks all others. */
function withLatchkeyErrors<T extends ExecutionResult>(result: T): T {
  const errors = result.errors?.map((thrown) => {
    const error = latchkeyErrorOf(thrown)
    return error === null ? thrown : fieldError(error, thrown)
  })
  return { ...result, errors }
}
