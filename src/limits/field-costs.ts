import { type GraphQLField, type GraphQLSchema, isListType, isNonNullType } from 'graphql'
import { introspectionSizes } from './introspection-sizes.ts'

/** The cost of a field: `extensions.cost` of a schema that is built in code. */
export interface FieldCost {
  /** The cost of the field itself, without the selection on it. Default 1. */
  readonly weight?: number
  /** The length of the returned list, if no argument decides it. Default 1. */
  readonly listSize?: number
}

/** The number of items on a page without `first` and `last`. */
export interface PageSizes {
  readonly defaultSize: number
}

/** The properties of a field that determine its cost together with the values of its arguments. */
export interface FieldCostRule {
  readonly weight: number
  /** The arguments that decide the length of the returned list: the numbers `first` and `last`. */
  readonly pageArguments: readonly string[]
  /** The arguments that are lists, such as ids: the field returns one item for each element. */
  readonly listArguments: readonly string[]
  /** The length of the returned list, if no argument decides it. */
  readonly listSize: number
}

export function costRuleOf(
  schema: GraphQLSchema,
  typeName: string,
  field: GraphQLField<unknown, unknown>,
  pages: PageSizes,
): FieldCostRule {
  const { weight = 1, listSize } = (field.extensions.cost ?? {}) as FieldCost
  const pageArguments = field.args
    .filter(({ name }) => name === 'first' || name === 'last')
    .map(({ name }) => name)
  return {
    weight,
    pageArguments,
    listArguments: isList(field.type)
      ? field.args.filter(({ type }) => isList(type)).map(({ name }) => name)
      : [],
    listSize:
      pageArguments.length > 0
        ? pages.defaultSize
        : (listSize ?? introspectionSizes(schema).get(`${typeName}.${field.name}`) ?? 1),
  }
}

function isList(type: unknown): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}
