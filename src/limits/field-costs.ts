import { type GraphQLField, type GraphQLSchema, isListType, isNonNullType } from 'graphql'
import { introspectionSizes } from './introspection-sizes.ts'

/** What a field of a schema built in code may say of its cost: `extensions.cost`. */
export interface FieldCost {
  /** What the field itself counts as, without what is selected of it. Default 1. */
  readonly weight?: number
  /** How many values its list has, where no argument tells. Default 1. */
  readonly listSize?: number
}

/** How many values a page has where neither `first` nor `last` is given. */
export interface PageSizes {
  readonly defaultSize: number
}

/** What the cost of a field depends on, but for its arguments' values. */
export interface FieldCostRule {
  readonly weight: number
  /** Arguments that say how long the answered list is: the numbers `first` and `last`. */
  readonly pageArguments: readonly string[]
  /** The same of those that are lists themselves, such as ids: one value is answered for each. */
  readonly listArguments: readonly string[]
  /** Where no argument tells. */
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
