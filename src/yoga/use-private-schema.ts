import { type DocumentNode, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { UnauthenticatedError } from '../errors.ts'
import { requestError } from './graphql-errors.ts'
import type { PrincipalContext } from './use-principal.ts'

/** What tells of the schema itself: introspection and the subgraph's SDL. */
const alwaysPrivate = ['__schema', '__type', '_service']

/**
 * Refuses the anonymous every document that asks for the schema, or for one of `fields` of the query
 * type, wherever in it that stands.
 */
export function usePrivateSchema(fields: readonly string[]): Plugin<PrincipalContext> {
  const names = new Set([...alwaysPrivate, ...fields])
  const remembered = new WeakMap<DocumentNode, boolean>()

  function asksForSchema(schema: GraphQLSchema, document: DocumentNode): boolean {
    let asks = remembered.get(document)
    if (asks === undefined) {
      asks = selectsRootField(schema, document, names)
      remembered.set(document, asks)
    }
    return asks
  }

  return {
    onExecute({ args, setResultAndStopExecution }) {
      const { principal } = args.contextValue as PrincipalContext
      if (principal !== null || !asksForSchema(args.schema, args.document)) return
      setResultAndStopExecution({ errors: [requestError(new UnauthenticatedError())] })
    },
  }
}

function selectsRootField(
  schema: GraphQLSchema,
  document: DocumentNode,
  names: ReadonlySet<string>,
): boolean {
  const types = new TypeInfo(schema)
  let selects = false
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name }) => {
        if (names.has(name.value) && types.getParentType() === schema.getQueryType()) selects = true
      },
    }),
  )
  return selects
}
