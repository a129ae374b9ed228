import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Plugin, YogaLogger } from 'graphql-yoga'
import { ServiceUnavailableError } from '../errors.ts'
import { principalKeyOf } from '../principal.ts'
import { EntityTags } from './entity-tags.ts'
import type { GraphQLAdmission } from './graphql-admission.ts'
import { requestError } from './graphql-errors.ts'
import { type Handle, handlerOf } from './handle.ts'
import type { OperationAdmission, OperationContext } from './operation-admission.ts'
import { askedKey } from './principal-key.ts'
import { maskedError } from './use-error-answers.ts'
import type { PrincipalContext } from './use-principal.ts'

const advice =
  'Another plugin answered it with data that no execution of this request produced, so the data may be those of ' +
  'another caller. If the plugin is a response cache, set its option `session` to `principalKey` of `latchkey`.'

/**
 * Refuses answers that no execution of the request has produced, such as those of a response cache, unless
 * `principalKey` was called for the request. Decides on `If-None-Match` after admission.
 *
 * @param refuse logs why an answer is refused, and returns the error that the client gets. Default: logs to Yoga's
 *   logger
 */
export function useAnswerOrigins(
  admission: GraphQLAdmission,
  operations: OperationAdmission,
  refuse?: (message: string) => GraphQLError,
): Plugin<PrincipalContext> {
  const tags = new EntityTags(admission, operations)
  let handle: Handle | null = null
  let log: YogaLogger | null = null

  function refuseLogged(message: string): GraphQLError {
    const requestId = crypto.randomUUID()
    log?.error(`Request ${requestId} was refused. ${message}`)
    return maskedError(requestId)
  }

  function originOf(request: Request, result: object): GraphQLError | null {
    const state = admission.stateOf(request)
    const key = askedKey(state)
    if (key === undefined) return (refuse ?? refuseLogged)(advice)
    // The body took long, and the scopes have changed meanwhile.
    if (key !== principalKeyOf(state?.principal ?? null))
      return requestError(new ServiceUnavailableError())
    tags.record(result, key)
    return null
  }

  /** Refuses the results of a stream until its operation is executed: a live query is executed when it is read. */
  function checkedStream(
    request: Request,
    context: OperationContext,
    stream: AsyncIterable<ExecutionResult>,
  ): AsyncIterableIterator<ExecutionResult> {
    return mapped(stream, (result) => {
      const isKnown = operations.wasExecuted(context) || isFailure(result)
      const error = isKnown ? null : originOf(request, result)
      return error === null ? result : { errors: [error] }
    })
  }

  return {
    onYogaInit({ yoga }) {
      handle = handlerOf(yoga)
      log = yoga.logger
    },

    onExecutionResult({ request, result, context, setResult }) {
      if (result === undefined) return
      if (Symbol.asyncIterator in result) {
        if (!operations.wasExecuted(context)) setResult(checkedStream(request, context, result))
        return
      }
      if (hasNoData(result)) return
      if (!operations.wasExecuted(context)) {
        const error = originOf(request, result)
        if (error !== null) setResult({ errors: [error] })
      } else if (result.extensions !== undefined) {
        const key = askedKey(admission.stateOf(request))
        if (key !== undefined) tags.record(result, key)
      }
    },

    // Not async: Yoga would wait for a promise on each request.
    onResponse({ request, response, serverContext, setResponse }) {
      // A plugin may find that the answer that was executed is the one that the client has.
      if (response.status !== 304 || operations.wasExecuted(serverContext as OperationContext))
        return undefined
      return tags.decideNotModified(request, serverContext, handle).then((answer) => {
        if (answer !== null) setResponse(answer)
      })
    },
  }
}

function hasNoData(result: object): boolean {
  return !('data' in result) || result.data == null
}

/** Whether a part of a stream has errors alone: neither data nor changes of data. */
function isFailure({ data, errors, ...others }: ExecutionResult): boolean {
  return data == null && errors !== undefined && Object.keys(others).length === 0
}

function mapped(
  stream: AsyncIterable<ExecutionResult>,
  change: (result: ExecutionResult) => ExecutionResult,
): AsyncIterableIterator<ExecutionResult> {
  const source = stream[Symbol.asyncIterator]()
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      const next = await source.next()
      return next.done ? next : { done: false, value: change(next.value) }
    },
    async return(value) {
      return (await source.return?.()) ?? { done: true, value }
    },
  }
}
