import { createRequire } from 'node:module'
import { execute as executeByTools, subscribe as subscribeByTools } from '@graphql-tools/executor'
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  subscribe,
} from 'graphql'

/** The executors of GraphQL servers, with the same arguments. */

export interface Execution {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly contextValue?: unknown
  readonly variableValues?: Record<string, unknown>
}

export interface Executor {
  readonly name: string
  execute(execution: Execution): ExecutionResult | Promise<ExecutionResult>
  subscribe(execution: Execution): Promise<AsyncIterable<ExecutionResult> | ExecutionResult>
}

interface Compiled {
  query(root: unknown, context: unknown, variables: unknown): ExecutionResult
  subscribe(root: unknown, context: unknown, variables: unknown): never
}

/** graphql-jit comes with Mercurius. */
const { compileQuery } = createRequire(createRequire(import.meta.url).resolve('mercurius'))(
  'graphql-jit',
) as { compileQuery(schema: GraphQLSchema, document: DocumentNode): Compiled }

const compiled = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, Compiled>>()

/** Compiles each document once, as Mercurius does. */
function compiledQuery({ schema, document }: Execution): Compiled {
  const ofSchema = compiled.get(schema) ?? new WeakMap<DocumentNode, Compiled>()
  compiled.set(schema, ofSchema)
  const query = ofSchema.get(document) ?? compileQuery(schema, document)
  ofSchema.set(document, query)
  return query
}

export const executors: readonly Executor[] = [
  {
    name: 'graphql-js',
    execute,
    subscribe: async (execution) => await subscribe(execution),
  },
  {
    name: '@graphql-tools/executor',
    execute: (execution) => executeByTools(execution) as ExecutionResult,
    subscribe: async (execution) => (await subscribeByTools(execution)) as never,
  },
  {
    name: 'graphql-jit',
    execute: (execution) =>
      compiledQuery(execution).query({}, execution.contextValue, execution.variableValues),
    subscribe: async (execution) =>
      await compiledQuery(execution).subscribe(
        {},
        execution.contextValue,
        execution.variableValues,
      ),
  },
]
