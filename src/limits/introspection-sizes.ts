import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import { memoizeWeak } from '../memoize-weak.ts'

/**
 * Sizes of the introspection fields that return a type of the client's choice or one of the largest types. The
 * selection on them may apply to a type that is many times as large as the average.
 */
function worstCaseSizes(schema: GraphQLSchema): readonly (readonly [string, number])[] {
  const types = Object.values(schema.getTypeMap())
  const sizes = types.map(sizesOf)
  const worstCase = Math.max(
    1,
    ...(['fields', 'args', 'inputFields'] as const).map((kind) => {
      const counts = sizes.map((size) => size[kind])
      const mean = average(counts)
      return mean === 0 ? 1 : Math.max(...counts) / mean
    }),
  )
  const query = schema.getQueryType()?.name
  const roots = ['__Schema.queryType', '__Schema.mutationType', '__Schema.subscriptionType']
  return [...roots, `${query}.__type`].map(
    (coordinate) => [coordinate, Math.ceil(worstCase)] as const,
  )
}

function sizesOf(type: GraphQLNamedType) {
  const fields = hasFields(type) ? Object.values(type.getFields()) : []
  return {
    fields: fields.length,
    args: fields.reduce((sum, { args }) => sum + args.length, 0),
    inputFields: isInputObjectType(type) ? Object.keys(type.getFields()).length : 0,
  }
}

/** The share of types with an `ofType`: about every second one is a list or non-null. */
const ofTypeRatio = 0.5

/**
 * The number of values that introspection fields return, by coordinate: averages over the schema, because the
 * types to which a selection applies are not known in advance. Selections can be cyclic: fields of types of
 * fields.
 */
export const introspectionSizes = memoizeWeak(
  (schema: GraphQLSchema): ReadonlyMap<string, number> => {
    const types = Object.values(schema.getTypeMap())
    const directives = schema.getDirectives()
    const fields = types.filter(hasFields).flatMap((type) => Object.values(type.getFields()))
    const averagePerType = (count: (type: GraphQLNamedType) => number) => average(types.map(count))
    return new Map([
      ...worstCaseSizes(schema),
      ['__Schema.types', types.length],
      ['__Schema.directives', directives.length],
      ['__Directive.args', average(directives.map(({ args }) => args.length))],
      ['__Type.fields', fields.length / types.length],
      [
        '__Type.interfaces',
        averagePerType((type) => (hasFields(type) ? type.getInterfaces().length : 0)),
      ],
      [
        '__Type.possibleTypes',
        averagePerType((type) => (isAbstractType(type) ? schema.getPossibleTypes(type).length : 0)),
      ],
      [
        '__Type.enumValues',
        averagePerType((type) => (isEnumType(type) ? type.getValues().length : 0)),
      ],
      [
        '__Type.inputFields',
        averagePerType((type) =>
          isInputObjectType(type) ? Object.keys(type.getFields()).length : 0,
        ),
      ],
      ['__Type.ofType', ofTypeRatio],
      ['__Field.args', average(fields.map(({ args }) => args.length))],
    ])
  },
)

function hasFields(type: GraphQLNamedType) {
  return isObjectType(type) || isInterfaceType(type)
}

function average(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}
