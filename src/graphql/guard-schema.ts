import type { GraphQLSchema } from 'graphql'
import { warnOfUnknownScopes } from '../decision/known-scopes.ts'
import { checkReturnedTypes } from '../decision/returned-types.ts'
import { refuseUndeclared, rootTypes, type Undeclared } from '../decision/undeclared.ts'
import type { Principal } from '../principal.ts'
import {
  type DecisionOptions,
  Denied,
  ExecutionDecisions,
  type OnDenied,
  requirePrincipal,
} from './execution-decision.ts'
import { guardedSource } from './guarded-source.ts'
import { type Resolver, returnsRootType, wrapRootFields } from './root-fields.ts'

export interface GuardSchemaOptions<Context> extends DecisionOptions<Context> {
  /**
   * Returns the principal of the caller, from the context of the operation; `null`: the caller is anonymous. If
   * it throws or returns `undefined`, the operation is denied. It is called once for each execution. During a
   * subscription it is called for each event, at intervals, and when the credential expires. `apolloGuardPlugin` calls
   * it once more for each execution, and again for an answer that a cache may store.
   */
  readonly principalOf: DecisionOptions<Context>['principalOf']
  /**
   * The authenticator that makes the principals. With it, principals that it did not make are denied, the scopes
   * that keys use are recorded for `keyHealth`, and that of `connectLatchkey` warns of required scopes that no key
   * can have. Default: none of these; `keyHealth` then reports that keys do not use their scopes.
   */
  readonly authenticator?: NonNullable<DecisionOptions<Context>['authenticator']>
  /**
   * The treatment of fields of `Query`, `Mutation` and `Subscription` that declare no requirement. `refuse`:
   * `guardSchema` throws an error that names them. `public`: everyone may call them. Default `refuse`.
   */
  readonly undeclared?: Undeclared
}

/** The guarded schemas, with their options. */
const guarded = new WeakMap<GraphQLSchema, DecisionOptions<unknown>>()
/** The root types of those schemas. A second guard on one would replace the first. */
const guardedTypes = new WeakSet<object>()

/**
 * Authorizes each operation on `schema` as a whole, in any GraphQL server: if it selects a field whose required
 * scopes the principal lacks, no field of it runs, and each field of the root type fails with the same error.
 * A subscription is authorized before its source starts, and again for each event. It ends with an error if the
 * credential expires or is refused, or if the principal may no longer run it.
 *
 * Changes the schema itself: it wraps the resolvers of the root types. Call it last, because the schema can no
 * longer be extended or transformed. Introspection is not affected. A root field without a resolver has the
 * default resolver of graphql-js; a `fieldResolver` or `subscribeFieldResolver` of the server does not reach it.
 *
 * @returns `schema`
 * @throws TypeError if the schema has a field that is open by mistake (see `undeclared`), is already guarded, or
 *   shares a root type with a guarded schema
 */
export function guardSchema<Context>(
  schema: GraphQLSchema,
  options: GuardSchemaOptions<Context>,
): GraphQLSchema {
  return guardSchemaWith(schema, options)
}

/** @param onDenied called for each denied execution */
export function guardSchemaWith<Context>(
  schema: GraphQLSchema,
  options: GuardSchemaOptions<Context>,
  onDenied?: OnDenied<Context>,
): GraphQLSchema {
  const { undeclared = 'refuse', principalOf } = options
  if (typeof principalOf !== 'function') {
    throw new TypeError('`principalOf` must be a function that returns a principal or null.')
  }
  refuseUndeclared(schema, undeclared)
  if (guarded.has(schema)) throw new TypeError('This schema is already guarded.')
  for (const type of rootTypes(schema)) {
    if (guardedTypes.has(type)) {
      throw new TypeError(
        `Another guarded schema has the same object as its type ${type.name}. Create the types of each schema separately, because the guard is on them.`,
      )
    }
  }
  // Before an executor compiles a document with the present functions.
  checkReturnedTypes(schema, 'name')
  const decisions = new ExecutionDecisions(options, {
    remembersAll: returnsRootType(schema),
    onDenied,
  })
  wrapRootFields(
    schema,
    (resolve, name) =>
      name === 'subscribe'
        ? guardedSource(resolve, decisions, options.authenticator)
        : guardedResolver(resolve, decisions),
    () => {
      // The new resolver may run the previous one, which asks too.
      decisions.remembersAll = true
    },
  )
  schema.toConfig = refuseCopy
  guarded.set(schema, options as DecisionOptions<unknown>)
  for (const type of rootTypes(schema)) guardedTypes.add(type)
  warnOfUnknownScopes(schema, options.authenticator)
  return schema
}

/** @throws TypeError if `schema` is not guarded */
export function requireGuarded(schema: GraphQLSchema): void {
  if (!guarded.has(schema)) throw notGuarded()
}

function notGuarded(): TypeError {
  return new TypeError(
    'This schema is not guarded. Pass it to `guardSchema` before the server uses it.',
  )
}

/**
 * Returns the principal of the caller of an operation on a guarded schema.
 *
 * @throws the errors of `principalOf`, and TypeError if it returns something else
 */
export async function principalOfGuarded(
  schema: GraphQLSchema,
  context: unknown,
): Promise<Principal | null> {
  const options = guarded.get(schema)
  if (options === undefined) throw notGuarded()
  const principal = await options.principalOf(context)
  requirePrincipal(principal, options.authenticator)
  return principal
}

export function isGuarded(schema: GraphQLSchema): boolean {
  return guarded.has(schema)
}

function guardedResolver<Context>(
  resolve: Resolver,
  decisions: ExecutionDecisions<Context>,
): Resolver {
  return (source, args, context, info) => {
    if (source instanceof Denied) throw source.error
    const outcome = decisions.outcomeOf(context as Context, info)
    if (outcome === null) return resolve(source, args, context, info)
    if (outcome instanceof Denied) throw outcome.error
    return outcome.then((settled) => {
      if (settled !== null) throw settled.error
      return resolve(source, args, context, info)
    })
  }
}

/** graphql-js copies a schema when it extends or sorts one. Fields that are added to a copy have no guard. */
function refuseCopy(): never {
  throw new Error(
    'A schema that is guarded cannot be extended or transformed. Call `guardSchema` last.',
  )
}
