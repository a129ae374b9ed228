import {
  defaultTypeResolver,
  type GraphQLAbstractType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type GraphQLTypeResolver,
} from 'graphql'
import { narrowedReturnTypes, narrowedTypes, possibleTypesOf } from './field-rules.ts'

const prepared = new WeakSet<GraphQLSchema>()
const checking = new WeakSet<GraphQLTypeResolver<unknown, unknown>>()

/**
 * The way in which the check makes a field fail. `throw`: `resolveType` throws. `name`: it returns a name that no
 * type has, because graphql-jit lets an error of `resolveType` end the process.
 */
type Failure = 'throw' | 'name'

/** The executor's own error message contains this name. */
const unnamedType = 'another type than possibleTypes named'

/**
 * Makes a field with `possibleTypes` fail if it returns another type: the caller was authorized for the types
 * that `possibleTypes` named. Replaces `resolveType` of the abstract types of the schema, once.
 */
export function checkReturnedTypes(schema: GraphQLSchema, failure: Failure = 'throw'): void {
  if (prepared.has(schema)) return
  prepared.add(schema)
  for (const type of narrowedReturnTypes(schema)) {
    const resolveType: GraphQLAbstractType['resolveType'] = type.resolveType
    if (resolveType && checking.has(resolveType)) continue
    type.resolveType = checked(resolveType ?? defaultTypeResolver, failure)
    checking.add(type.resolveType)
  }
}

function checked(
  resolveType: GraphQLTypeResolver<unknown, unknown>,
  failure: Failure,
): typeof resolveType {
  return (value, context, info, type) => {
    const found = resolveType(value, context, info, type)
    return found instanceof Promise
      ? found.then((name) => possibleName(name, info, failure))
      : possibleName(found as string | undefined, info, failure)
  }
}

/** Cached by the `info` of a field, which all items of a list share. */
const allowedBy = new WeakMap<GraphQLResolveInfo, ReadonlySet<string> | null>()

function possibleName(
  name: string | undefined,
  info: GraphQLResolveInfo,
  failure: Failure,
): string | undefined {
  let allowed = allowedBy.get(info)
  if (allowed === undefined) {
    allowed = allowedTypes(info)
    allowedBy.set(info, allowed)
  }
  if (allowed === null || name === undefined || allowed.has(name)) return name
  if (failure === 'name') return unnamedType
  const { parentType, fieldName } = info
  throw new Error(
    `${parentType.name}.${fieldName} returned the type ${name}, which its possibleTypes did not name.`,
  )
}

function allowedTypes(info: GraphQLResolveInfo): ReadonlySet<string> | null {
  const { schema, parentType, fieldNodes, variableValues } = info
  const [node] = fieldNodes
  // For items of lists, graphql-jit gives the name of the type as `fieldName`.
  const field = node && parentType.getFields()[node.name.value]
  const possibleTypes = field && possibleTypesOf(schema, parentType, field)
  if (!possibleTypes || node === undefined) return null
  return narrowedTypes(schema, field, possibleTypes, node, variableValues)
}
