import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql'
import { allOf } from '../decision/evaluation.ts'
import { type Field, fieldRulesOf } from '../decision/field-rules.ts'
import { declarationOf, guardOf, isAtLeast } from '../decision/guard.ts'
import { answeredWith, SchemaGuards } from '../decision/schema-guards.ts'
import { describeAgain, sentenceFor } from './sentence.ts'

/**
 * Has each field that declares what it needs say also what the types need that it may answer with.
 * Changes the descriptions of those fields alone.
 */
export function describeAnswers(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const field of Object.values(type.getFields())) describeAnswer(schema, field)
  }
}

function describeAnswer(schema: GraphQLSchema, field: Field): void {
  const declaration = declarationOf(field)
  if (declaration === null) return
  const answer = SchemaGuards.of(schema).ofAnswer(field)
  const narrows = fieldRulesOf(field).possibleTypes !== undefined
  const own = guardOf(declaration)
  const answered = (narrows ? answer.always : answeredWith(answer, null)).filter(
    (guard) => !isAtLeast(own, guard),
  )
  const byType = narrows ? [...answer.byType] : []
  if (answered.length === 0 && byType.length === 0) return
  const sentences = [
    answered.length === 0
      ? sentenceFor(declaration)
      : sentenceFor({ requiresScopes: allOf([...(own === null ? [] : [own]), ...answered]) }),
  ]
  for (const [name, guards] of byType) {
    const sentence = sentenceFor({ requiresScopes: allOf(guards) })
    sentences.push(`For \`${name}\`: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`)
  }
  field.description = describeAgain(field.description, declaration, sentences.join(' '))
}
