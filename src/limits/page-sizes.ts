import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  ValidationContext,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** How many nodes a connection answers with. */
export interface PageSizes {
  /** Where neither `first` nor `last` is given. */
  readonly usual: number
  /** Whoever asks for more is refused. */
  readonly largest: number
}

export interface SizedDocument {
  readonly context: ValidationContext
  /** What `operation` of the document became. */
  readonly operation: (operation: OperationDefinitionNode) => OperationDefinitionNode
}

/**
 * The document with each page's size written out. The cost rule reads literal numbers only: behind a
 * variable, or left out, a page of a hundred would count as one.
 */
export function withPageSizes(context: ValidationContext, pages: PageSizes): SizedDocument {
  const schema = context.getSchema()
  const document = context.getDocument()
  const types = new TypeInfo(schema)
  const sized: DocumentNode = visit(
    document,
    visitWithTypeInfo(types, {
      Field: {
        leave(node) {
          const isPage = types.getFieldDef()?.args.some(isPageArgument)
          return isPage ? withSize(node, pages) : undefined
        },
      },
    }),
  )
  return {
    context: new ValidationContext(schema, sized, types, () => {}),
    operation: (operation) => {
      const at = document.definitions.indexOf(operation)
      return sized.definitions[at] as OperationDefinitionNode
    },
  }
}

function isPageArgument({ name }: { readonly name: string }): boolean {
  return name === 'first' || name === 'last'
}

function withSize(node: FieldNode, pages: PageSizes): FieldNode {
  const given = node.arguments ?? []
  const sizes = given
    .filter(({ name }) => isPageArgument({ name: name.value }))
    .flatMap(({ value }) => {
      if (value.kind === Kind.VARIABLE) return [pages.largest]
      return value.kind === Kind.INT ? [Number(value.value)] : []
    })
  const size: ArgumentNode = {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: 'first' },
    value: { kind: Kind.INT, value: String(Math.max(0, ...sizes) || pages.usual) },
  }
  return {
    ...node,
    arguments: [size, ...given.filter(({ name }) => !isPageArgument({ name: name.value }))],
  }
}
