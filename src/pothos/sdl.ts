import { getDocumentNodeFromSchema } from '@graphql-tools/utils'
import {
  type DefinitionNode,
  type GraphQLSchema,
  Kind,
  lexicographicSortSchema,
  parse,
  print,
} from 'graphql'

/** The definitions that make the SDL a subgraph of Apollo Federation 2, and the directives that it may use. */
const header = parse(
  /* GraphQL */ `
    extend schema
      @link(
        url: "https://specs.apollo.dev/federation/v2.5"
        import: ["@key", "@shareable", "@authenticated", "@requiresScopes"]
      )

    "Requires a credential; no particular scope."
    directive @authenticated on ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR

    "Requires scopes. The caller needs all scopes of at least one inner list."
    directive @requiresScopes(
      "The alternatives. Each inner list is one."
      scopes: [[federation__Scope!]!]!
    ) on ENUM | FIELD_DEFINITION | INTERFACE | OBJECT | SCALAR

    "Requires no credential: anyone may select the field."
    directive @public on FIELD_DEFINITION

    "Makes the type an entity of Apollo Federation, to which other subgraphs can refer."
    directive @key(
      "The fields that identify an entity."
      fields: federation__FieldSet!
      "Whether this subgraph can return the entity by these fields."
      resolvable: Boolean = true
    ) repeatable on INTERFACE | OBJECT

    "Allows several subgraphs of Apollo Federation to resolve the field, or all fields of the type."
    directive @shareable repeatable on FIELD_DEFINITION | OBJECT

    "Names of fields, written as a selection set without the outer braces."
    scalar federation__FieldSet

    "The name of a scope."
    scalar federation__Scope
  `,
  { noLocation: true },
).definitions

/** Types and fields that every subgraph has and that its SDL leaves out. */
const subgraphElements = {
  types: new Set(['_Any', '_Entity', '_Service']),
  fields: new Set(['_entities', '_service']),
}

/**
 * Prints the schema as the SDL of a Federation 2 subgraph, with directives and descriptions. The order
 * of the definitions is always the same. The directives are those of `extensions.directives` and those of
 * the SDL that the schema was built from.
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
