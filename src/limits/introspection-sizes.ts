import {
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import { remembering } from '../remembering.ts'

/** About every second type that is asked for what it wraps is a list or non-null. */
const wrapped = 0.5

/**
 * How many values fields of introspection answer with, by coordinate, on average over the schema: which
 * types they are asked of is not known before. They can be selected in circles, fields of types of fields.
 */
export const introspectionSizes = remembering(
  (schema: GraphQLSchema): ReadonlyMap<string, number> => {
    const types = Object.values(schema.getTypeMap())
    const directives = schema.getDirectives()
    const fields = types.filter(hasFields).flatMap((type) => Object.values(type.getFields()))
    const ofEachType = (count: (type: GraphQLNamedType) => number) => average(types.map(count))
    return new Map([
      ['__Schema.types', types.length],
      ['__Schema.directives', directives.length],
      ['__Directive.args', average(directives.map(({ args }) => args.length))],
      ['__Type.fields', fields.length / types.length],
      [
        '__Type.interfaces',
        ofEachType((type) => (hasFields(type) ? type.getInterfaces().length : 0)),
      ],
      [
        '__Type.possibleTypes',
        ofEachType((type) => (isAbstractType(type) ? schema.getPossibleTypes(type).length : 0)),
      ],
      ['__Type.enumValues', ofEachType((type) => (isEnumType(type) ? type.getValues().length : 0))],
      [
        '__Type.inputFields',
        ofEachType((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0)),
      ],
      ['__Type.ofType', wrapped],
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
