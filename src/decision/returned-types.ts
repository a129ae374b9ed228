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
 * Makes a field with `possibleTypes` fail if it returns another type: the caller was authorized for the types
 * that `possibleTypes` named. Replaces `resolveType` of the abstract types of the schema, once.
 */
export function checkReturnedTypes(schema: GraphQLSchema): void {
  if (prepared.has(schema)) return
  prepared.add(schema)
  for (const type of narrowedReturnTypes(schema)) {
    const resolveType: GraphQLAbstractType['resolveType'] = type.resolveType
    if (resolveType && checking.has(resolveType)) continue
    type.resolveType = checked(resolveType ?? defaultTypeResolver)
    checking.add(type.resolveType)
  }
}

function checked(resolveType: GraphQLTypeResolver<unknown, unknown>): typeof resolveType {
  return (value, context, info, type) => {
    const found = resolveType(value, context, info, type)
    return found instanceof Promise
      ? found.then((name) => requirePossible(name, info))
      : requirePossible(found as string | undefined, info)
  }
}

/** Cached by the `info` of a field, which all items of a list share. */
const allowedBy = new WeakMap<GraphQLResolveInfo, ReadonlySet<string> | null>()

function requirePossible(name: string | undefined, info: GraphQLResolveInfo): string | undefined {
  let allowed = allowedBy.get(info)
  if (allowed === undefined) {
    allowed = allowedTypes(info)
    allowedBy.set(info, allowed)
  }
  if (allowed === null || name === undefined || allowed.has(name)) return name
  const { parentType, fieldName } = info
  throw new Error(
    `${parentType.name}.${fieldName} returned the type ${name}, which its possibleTypes did not name.`,
  )
}

function allowedTypes(info: GraphQLResolveInfo): ReadonlySet<string> | null {
  const { schema, parentType, fieldName, fieldNodes, variableValues } = info
  const field = parentType.getFields()[fieldName]
  const [node] = fieldNodes
  const possibleTypes = field && possibleTypesOf(schema, parentType, field)
  if (!possibleTypes || node === undefined) return null
  return narrowedTypes(schema, field, possibleTypes, node, variableValues)
}
