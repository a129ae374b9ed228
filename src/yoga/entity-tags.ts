import { LRUCache } from 'lru-cache'
import { principalKeyOf } from '../principal.ts'
import { errorAnswer, toResponse } from './error-answer.ts'
import type { GraphQLAdmission } from './graphql-admission.ts'
import type { Handle } from './handle.ts'
import type { OperationAdmission } from './operation-admission.ts'

/** The maximum number of entity tags whose principals are known. */
const maxTags = 10_000

/** The entity tags that a response cache has given to answers, with the principals that got them. */
export class EntityTags {
  readonly #admission: GraphQLAdmission
  readonly #operations: OperationAdmission
  /** The keys of the principals; empty for the anonymous. */
  readonly #keys = new LRUCache<string, string>({ max: maxTags })

  constructor(admission: GraphQLAdmission, operations: OperationAdmission) {
    this.#admission = admission
    this.#operations = operations
  }

  /** Notes that the principal with this key got the result, if it has an entity tag. */
  record(result: object, key: string | null): void {
    const tag = tagOf(result)
    if (tag !== null) this.#keys.set(tag, key ?? '')
  }

  /**
   * Decides on an answer 304 that was made before the request was admitted.
   *
   * @returns the answer instead of it; `null`: the principal of the request got the tag before, so 304 is right
   */
  async decideNotModified(
    request: Request,
    serverContext: object,
    handle: Handle | null,
  ): Promise<Response | null> {
    const refusal = await this.#operations.admit({ ...serverContext, request })
    if (refusal !== null) return toResponse(errorAnswer(refusal, request.headers.get('accept')))
    const key = principalKeyOf(this.#admission.stateOf(request)?.principal ?? null)
    const tag = request.headers.get('if-none-match') ?? ''
    if (this.#keys.get(tag) === (key ?? '')) return null
    return (await handle?.(request, serverContext)) ?? null
  }
}

/** Returns the entity tag that a response cache gives to a result. */
function tagOf({ extensions }: { readonly extensions?: unknown }): string | null {
  const { http } = (extensions ?? {}) as { http?: { headers?: Record<string, string> } }
  return http?.headers?.ETag ?? null
}
