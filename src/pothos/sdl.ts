import { getDocumentNodeFromSchema } from '@graphql-tools/utils'
import {
  type DefinitionNode,
  type GraphQLSchema,
  Kind,
  lexicographicSortSchema,
  parse,
  print,
} from 'graphql'

/** What makes the SDL a subgraph of Apollo Federation 2, and the directives that it may carry. */
const header = parse(
  /* GraphQL */ `
    extend schema
      @link(
        url: "https://specs.apollo.dev/federation/v2.5"
        import: ["@key", "@shareable", "@authenticated", "@requiresScopes"]
      )

    "Needs a credential, whatever its scopes."
    directive @authenticated on ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR

    "Needs all the scopes of any one of the lists."
    directive @requiresScopes(
      scopes: [[federation__Scope!]!]!
    ) on ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR

    "Needs no credential."
    directive @public on FIELD_DEFINITION

    directive @key(
      fields: federation__FieldSet!
      resolvable: Boolean = true
    ) repeatable on INTERFACE | OBJECT

    directive @shareable repeatable on FIELD_DEFINITION | OBJECT

    scalar federation__FieldSet

    scalar federation__Scope
  `,
  { noLocation: true },
).definitions

/** What each subgraph has and no subgraph's SDL says. */
const subgraphElements = {
  types: new Set(['_Any', '_Entity', '_Service']),
  fields: new Set(['_entities', '_service']),
}

/**
 * The schema as SDL of a Federation 2 subgraph, with its directives and descriptions, always in the
 * same order. Directives are those of `extensions.directives` and of the SDL it was built from.
 */
export function printSdl(schema: GraphQLSchema): string {
  const sorted = lexicographicSortSchema(schema)
  const inHeader = new Set(header.map(identity))
  const roots = [sorted.getQueryType(), sorted.getMutationType(), sorted.getSubscriptionType()]
  const rootNames = roots.flatMap((type) => (type ? [type.name] : []))
  const rank = (definition: DefinitionNode) => {
    if (definition.kind === Kind.SCHEMA_DEFINITION) return -2
    if (definition.kind === Kind.DIRECTIVE_DEFINITION) return -1
    const position = rootNames.indexOf(nameOf(definition))
    return position === -1 ? rootNames.length : position
  }
  const rest = getDocumentNodeFromSchema(sorted)
    .definitions.filter((definition) => !subgraphElements.types.has(nameOf(definition)))
    .map(withoutSubgraphElements)
    .filter((definition) => !inHeader.has(identity(definition)))
    .filter((definition) => !isDefaultSchemaDefinition(definition, rootNames))
    .sort((a, b) => rank(a) - rank(b))
  return `${print({ kind: Kind.DOCUMENT, definitions: [...header, ...rest] })}\n`
}

function withoutSubgraphElements(definition: DefinitionNode): DefinitionNode {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || !definition.fields) return definition
  const fields = definition.fields.filter(({ name }) => !subgraphElements.fields.has(name.value))
  return fields.length === definition.fields.length ? definition : { ...definition, fields }
}

function isDefaultSchemaDefinition(definition: DefinitionNode, rootNames: readonly string[]) {
  return (
    definition.kind === Kind.SCHEMA_DEFINITION &&
    definition.directives?.length === 0 &&
    rootNames.every((name) => ['Query', 'Mutation', 'Subscription'].includes(name))
  )
}

function identity(definition: DefinitionNode): string {
  return `${definition.kind} ${nameOf(definition)}`
}

function nameOf(definition: DefinitionNode): string {
  return 'name' in definition ? (definition.name?.value ?? '') : ''
}
