import type { ExecutionResult, GraphQLError } from 'graphql'
import type { Plugin, YogaLogger } from 'graphql-yoga'
import { LRUCache } from 'lru-cache'
import { ServiceUnavailableError } from '../errors.ts'
import { errorAnswer, toResponse } from './error-answer.ts'
import type { GraphQLAdmission } from './graphql-admission.ts'
import { requestError } from './graphql-errors.ts'
import { type Handle, handlerOf, placeOfUserPlugins } from './handle.ts'
import type { OperationAdmission, OperationContext } from './operation-admission.ts'
import { askedKey, keyOf } from './principal-key.ts'
import { maskedError } from './use-error-answers.ts'
import type { PrincipalContext } from './use-principal.ts'

const advice =
  'Another plugin answered it with data that no execution of this request produced, so the data may be those of ' +
  'another caller. If the plugin is a response cache, set its option `session` to `principalKey` of `latchkey`.'

/** The maximum number of entity tags whose principals are known. */
const maxTags = 10_000

interface AnswerOrigins {
  /** Place it after every plugin that replaces the function that executes, and before those of the application. */
  readonly marker: Plugin<PrincipalContext>
  readonly plugin: Plugin<PrincipalContext>
}

/**
 * Like {@link createAnswerOrigins}, for another's Yoga.
 */
export function useAnswerOrigins(
  admission: GraphQLAdmission,
  operations: OperationAdmission,
): Plugin<PrincipalContext> {
  let log: YogaLogger | null = null
  const { marker, plugin } = createAnswerOrigins(admission, operations, (message) => {
    const requestId = crypto.randomUUID()
    log?.error(`Request ${requestId} was refused. ${message}`)
    return maskedError(requestId)
  })
  return {
    ...plugin,
    onPluginInit({ plugins }) {
      if (!plugins.includes(marker)) plugins.splice(placeOfUserPlugins(plugins), 0, marker)
    },
    onYogaInit(payload) {
      log = payload.yoga.logger
      plugin.onYogaInit?.(payload)
    },
  }
}

/**
 * Refuses answers that no execution of the request has produced, such as those of a response cache, unless
 * `principalKey` was called for the request. Decides on `If-None-Match` after admission.
 *
 * @param refuse logs why the answer is refused, and returns the error that the client gets
 */
export function createAnswerOrigins(
  admission: GraphQLAdmission,
  operations: OperationAdmission,
  refuse: (message: string) => GraphQLError,
): AnswerOrigins {
  /** The contexts of executed operations that are not noted on the state of their request. */
  const otherExecuted = new WeakSet<object>()
  /** The keys of the principals that got the entity tags; empty for the anonymous. */
  const tags = new LRUCache<string, string>({ max: maxTags })
  let handle: Handle | null = null

  const stateOf = (context: object) => admission.stateOf((context as OperationContext).request)

  /** Adding a context to a WeakSet takes longer than all hooks of a request, so the first one is on the state. */
  function markExecuted(context: object): void {
    const state = stateOf(context)
    if (state !== undefined && state.executed === null) state.executed = context
    else otherExecuted.add(context)
  }

  function wasExecuted(context: object): boolean {
    return stateOf(context)?.executed === context || otherExecuted.has(context)
  }

  /** Runs before the other plugins, so that its function is the one that really executes. */
  const marker: Plugin<PrincipalContext> = {
    onExecute({ context, executeFn, setExecuteFn }) {
      setExecuteFn((args) => {
        markExecuted(context)
        return executeFn(args)
      })
    },
  }

  function originOf(request: Request, result: ExecutionResult): GraphQLError | null {
    const key = askedKey(admission.stateOf(request))
    if (key === undefined) return refuse(advice)
    // The body took long, and the scopes have changed meanwhile.
    if (key !== keyOf(admission.principalOf(request)))
      return requestError(new ServiceUnavailableError())
    recordTag(result, key)
    return null
  }

  function recordTag(result: ExecutionResult, key: string | null): void {
    const tag = tagOf(result)
    if (tag !== null) tags.set(tag, key ?? '')
  }

  async function decideNotModified(
    request: Request,
    serverContext: object,
  ): Promise<Response | null> {
    const refusal = await operations.admit({ ...serverContext, request })
    if (refusal !== null) return toResponse(errorAnswer(refusal, request.headers.get('accept')))
    const key = keyOf(admission.principalOf(request))
    const tag = request.headers.get('if-none-match') ?? ''
    return tags.get(tag) === (key ?? '') ? null : ((await handle?.(request, serverContext)) ?? null)
  }

  const plugin: Plugin<PrincipalContext> = {
    onYogaInit({ yoga }) {
      handle = handlerOf(yoga)
    },

    onExecutionResult({ request, result, context, setResult }) {
      if (result === undefined || !('data' in result) || result.data == null) return
      if (!wasExecuted(context)) {
        const error = originOf(request, result)
        if (error !== null) setResult({ errors: [error] })
      } else if (result.extensions !== undefined) {
        const key = askedKey(admission.stateOf(request))
        if (key !== undefined) recordTag(result, key)
      }
    },

    // Not async: Yoga would wait for a promise on each request.
    onResponse({ request, response, serverContext, setResponse }) {
      // A plugin may find that the answer that was executed is the one that the client has.
      if (response.status !== 304 || wasExecuted(serverContext)) return undefined
      return decideNotModified(request, serverContext).then((answer) => {
        if (answer !== null) setResponse(answer)
      })
    },
  }
  return { marker, plugin }
}

/** Returns the entity tag that a response cache gives to a result. */
function tagOf({ extensions }: ExecutionResult): string | null {
  const { http } = (extensions ?? {}) as { http?: { headers?: Record<string, string> } }
  return http?.headers?.ETag ?? null
}
