import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql'
import { allOf } from '../decision/evaluation.ts'
import { type Field, fieldRulesOf } from '../decision/field-rules.ts'
import { declarationOf, guardOf, isAtLeast } from '../decision/guard.ts'
import { guardsForTypes, SchemaGuards } from '../decision/schema-guards.ts'
import { replaceSentence, sentenceFor } from './sentence.ts'

/**
 * Adds the requirements of the types that a field may return to the description of the field. Changes only
 * descriptions of fields with a declaration.
 */
export function describeReturnTypes(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) describeReturnType(schema, field)
  }
}

function describeReturnType(schema: GraphQLSchema, field: Field): void {
  const declaration = declarationOf(field)
  if (declaration === null) return
  const returnType = SchemaGuards.of(schema).ofReturnType(field)
  const narrows = fieldRulesOf(field).possibleTypes !== undefined
  const own = guardOf(declaration)
  const returnTypeGuards = (narrows ? returnType.always : guardsForTypes(returnType, null)).filter(
    (guard) => !isAtLeast(own, guard),
  )
  const byType = narrows ? [...returnType.byType] : []
  if (returnTypeGuards.length === 0 && byType.length === 0) return
  const sentences = [
    returnTypeGuards.length === 0
      ? sentenceFor(declaration)
      : sentenceFor({
          requiresScopes: allOf([...(own === null ? [] : [own]), ...returnTypeGuards]),
        }),
  ]
  for (const [name, guards] of byType) {
    const sentence = sentenceFor({ requiresScopes: allOf(guards) })
    sentences.push(`For \`${name}\`: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`)
  }
  field.description = replaceSentence(field.description, declaration, sentences.join(' '))
}
