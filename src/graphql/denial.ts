import { GraphQLError } from 'graphql'
import { InsufficientScopeError, type LatchkeyError, UnauthenticatedError } from '../errors.ts'
import { withoutStack } from '../without-stack.ts'

/** The errors of denied operations, with the failures that they show. */
const denials = new WeakMap<GraphQLError, LatchkeyError>()

/** Makes the error that every root field of a denied operation fails with. */
export function denialError(
  failure: LatchkeyError,
  extensions: Readonly<Record<string, unknown>> = {},
): GraphQLError {
  const error = withoutStack(
    new GraphQLError(failure.message, {
      extensions: { ...shownExtensions(failure), ...extensions },
    }),
  )
  denials.set(error, failure)
  return error
}

/**
 * Returns the failure because of which `guardSchema` denied the operation with these errors; `null` if it did
 * not deny the operation. graphql-js wraps the errors that resolvers throw.
 */
export function denialIn(errors: readonly Error[] | null | undefined): LatchkeyError | null {
  for (const error of errors ?? []) {
    let inner: unknown = error
    while (inner instanceof GraphQLError) {
      const failure = denials.get(inner)
      if (failure !== undefined) return failure
      inner = inner.originalError
    }
  }
  return null
}

/**
 * Whether a failure concerns one operation. In a batch it does not change the status of the answer, which contains
 * the results of other operations. A refused credential concerns all operations of a batch.
 */
export function concernsOperation(failure: LatchkeyError): boolean {
  return failure instanceof UnauthenticatedError || failure instanceof InsufficientScopeError
}

/**
 * Returns the extensions of a failure for its caller. `apolloGuardPlugin` adds `http` to refusals, which are the same
 * objects for every server in the process.
 */
export function shownExtensions(failure: LatchkeyError): Readonly<Record<string, unknown>> {
  const { http: _, ...shown } = failure.extensions
  return shown
}
