import type { ExecutionArgs, ExecutionResult } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Undeclared } from '../decision/undeclared.ts'
import {
  type AllowedOperation,
  type Decided,
  type Decider,
  decideOn,
  isDenial,
} from './authorize-operation.ts'
import { completeExecuted, type Done, type Executed } from './complete-executed.ts'
import type { OperationContext } from './operation-admission.ts'
import { createSchemaCheck } from './schema-check.ts'
import type { PrincipalContext } from './use-principal.ts'

type Execute = (args: ExecutionArgs) => Executed | PromiseLike<Executed>

/** The event of a hook before an operation. */
export interface OperationStart {
  readonly args: ExecutionArgs
  readonly setResultAndStopExecution: (result: ExecutionResult) => void
}

interface Operation {
  /** The context that the operation had when it was decided on. */
  readonly original: OperationContext
  readonly allowed: AllowedOperation
}

export interface UseDecisionOptions extends Decider {
  /** The treatment of root fields that declare no requirement: see `usePrincipal`. Default `refuse`. */
  readonly undeclared?: Undeclared | undefined
  /** Whether no plugin follows that may change an operation or answer it. Default `false`. */
  readonly isLast?: boolean
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
  isLast = false,
  ...decider
}: UseDecisionOptions): Plugin<PrincipalContext> {
  const { operations } = decider
  const check = createSchemaCheck(undeclared, decider.admission.authenticator)

  const admitted = ({ contextValue }: ExecutionArgs, original: OperationContext) =>
    operations.admittedContext(contextValue as OperationContext, original)

  /**
   * Returns `execute` for an allowed operation, which is decided on again if plugins change it until then. The
   * execution is noted on the context that the operation has now: plugins may execute with a copy.
   */
  function authorized(execute: Execute, { original, allowed }: Operation): Execute {
    if (isLast) return execute
    const run = (args: ExecutionArgs): Executed | PromiseLike<Executed> => {
      operations.executes(original)
      return execute(args)
    }
    return (args) => {
      check(args.schema)
      const decided = decideOn(decider, args, admitted(args, original), allowed)
      if (decided instanceof Promise) {
        return decided.then((late) => (isDenial(late) ? late : run(args)))
      }
      return isDenial(decided) ? decided : run(args)
    }
  }

  /** Decides on an operation, and calls `proceed` if it may run. */
  function decide<Hooks>(
    { args, setResultAndStopExecution }: OperationStart,
    proceed: (operation: Operation) => Hooks,
  ): Hooks | undefined | Promise<Hooks | undefined> {
    // Yoga keeps a schema that a plugin refused while a request was under way.
    check(args.schema)
    const original = args.contextValue as OperationContext
    const finish = (decided: Decided) => {
      if (!isDenial(decided)) return proceed({ original, allowed: decided })
      setResultAndStopExecution(decided)
      return undefined
    }
    const decided = decideOn(decider, args, original)
    return decided instanceof Promise ? decided.then(finish) : finish(decided)
  }

  return {
    onSchemaChange: ({ schema }) => check(schema),

    onExecute(start) {
      return decide(start, (operation) => {
        start.setExecuteFn(authorized(start.executeFn, operation))
        return {
          onExecuteDone: (done: Done<Executed>) =>
            completeExecuted(decider, done, start.args, admitted(start.args, operation.original)),
        }
      })
    },

    onSubscribe(start) {
      return decide(start, (operation) => {
        let executed: ExecutionArgs = start.args
        const subscribe = (args: ExecutionArgs) => {
          executed = args
          return start.subscribeFn(args)
        }
        start.setSubscribeFn(authorized(subscribe, operation))
        return {
          onSubscribeResult: (done: Done<Executed>) =>
            completeExecuted(decider, done, executed, admitted(executed, operation.original), {}),
        }
      })
    },
  }
}
