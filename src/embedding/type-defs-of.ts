import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
} from 'graphql'
import { printSdl } from '../pothos/sdl.ts'

export interface TypeDefsOptions {
  /** The names of types that the application defines. */
  readonly foreign: ReadonlySet<string>
  readonly defineDirectives: boolean
}

const directives = parse(
  /* GraphQL */ `
    "Requires no credential: anyone may select the field."
    directive @public on FIELD_DEFINITION

    "Requires a credential; no particular scope."
    directive @authenticated on FIELD_DEFINITION | INTERFACE | OBJECT

    "Requires scopes. The caller needs all scopes of at least one inner list."
    directive @requiresScopes(
      "The alternatives. Each inner list is one."
      scopes: [[String!]!]!
    ) on FIELD_DEFINITION | INTERFACE | OBJECT
  `,
  { noLocation: true },
).definitions

const declarations = new Set(['public', 'authenticated', 'requiresScopes'])

/** Returns the SDL of a schema for an application to merge with its own: without parts of a federation. */
export function typeDefsOf(
  schema: GraphQLSchema,
  { foreign, defineDirectives }: TypeDefsOptions,
): string {
  const types = parse(printSdl(schema), { noLocation: true })
    .definitions.filter((definition) => isOfApplication(definition, foreign))
    .map(withoutFederation)
  const definitions = [...(defineDirectives ? directives : []), ...types]
  return `${print({ kind: Kind.DOCUMENT, definitions })}\n`
}

function isOfApplication(definition: DefinitionNode, foreign: ReadonlySet<string>): boolean {
  if (definition.kind === Kind.DIRECTIVE_DEFINITION) return false
  if (!('name' in definition) || definition.name === undefined) return false
  const { value } = definition.name
  return !value.startsWith('federation__') && !foreign.has(value)
}

function withoutFederation(definition: DefinitionNode): DefinitionNode {
  if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return definition
  const { directives = [], fields = [] } = definition
  return {
    ...definition,
    directives: directives.filter(isDeclaration),
    fields: fields.map((field): FieldDefinitionNode => {
      return { ...field, directives: (field.directives ?? []).filter(isDeclaration) }
    }),
  } satisfies ObjectTypeDefinitionNode
}

function isDeclaration({ name }: ConstDirectiveNode): boolean {
  return declarations.has(name.value)
}
