import type { Builder, OutputRef } from './builder.ts'
import { type Connection, defaultPageSize, maxPageSize, type PageInfo } from './pages.ts'

export type PageInfoRef = OutputRef<PageInfo>

/** Registers the type `PageInfo` (Relay Cursor Connections §5). */
export function registerPageInfo(builder: Builder): PageInfoRef {
  return builder.objectRef<PageInfo>('PageInfo').implement({
    description: 'The position of a page in its list (Relay Cursor Connections).',
    extensions: { directives: { shareable: {} } },
    fields: (t) => ({
      hasNextPage: t.exposeBoolean('hasNextPage', {
        description: 'Whether the list has items after this page.',
      }),
      hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
        description: 'Whether the list has items before this page.',
      }),
      startCursor: t.exposeString('startCursor', {
        nullable: true,
        description: 'The cursor of the first item of this page. Null if the page is empty.',
      }),
      endCursor: t.exposeString('endCursor', {
        nullable: true,
        description: 'The cursor of the last item of this page. Null if the page is empty.',
      }),
    }),
  })
}

interface TypeDescription {
  readonly name: string
  readonly description: string
}

/** Registers a connection and its edge (Relay Cursor Connections §2 and §3). Returns the connection. */
export function registerConnection<T>(
  builder: Builder,
  { PageInfoRef, NodeRef }: { readonly PageInfoRef: PageInfoRef; readonly NodeRef: OutputRef<T> },
  connection: TypeDescription,
  edge: TypeDescription,
): OutputRef<Connection<T>> {
  const EdgeRef = builder.objectRef<Connection<T>['edges'][number]>(edge.name).implement({
    description: edge.description,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description:
          'The position of the item, for `after` and `before`. Clients must not interpret it.',
      }),
      node: t.field({
        type: NodeRef,
        description: 'The item.',
        resolve: ({ node }) => node as never,
      }),
    }),
  })
  return builder.objectRef<Connection<T>>(connection.name).implement({
    description: connection.description,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeRef],
        description: 'The items of this page with their cursors.',
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [NodeRef],
        description: 'The items of this page without their cursors.',
        resolve: ({ edges }) => edges.map(({ node }) => node) as never,
      }),
      pageInfo: t.field({
        type: PageInfoRef,
        description: 'The position of this page in the list.',
        resolve: ({ pageInfo }) => pageInfo,
      }),
      totalCount: t.int({
        description:
          'The number of items on all pages together. The server counts them only if this field is selected.',
        resolve: ({ totalCount }) => totalCount(),
      }),
    }),
  })
}

type QueryFields = Parameters<Parameters<Builder['queryFields']>[0]>[0]

type ArgumentBuilder = Pick<QueryFields, 'arg'>

/** The arguments of a field that returns a connection which is read from the beginning. */
export function forwardPageArguments({ arg }: ArgumentBuilder) {
  return {
    first: arg.int({
      description: `The maximum number of items to return: 0 to ${maxPageSize}. Default: ${defaultPageSize}.`,
    }),
    after: arg.string({
      description:
        'Returns only items after the item with this cursor. Default: from the first item.',
    }),
  }
}

/** The arguments of a field that returns a connection (Relay Cursor Connections §4). */
export function pageArguments({ arg }: Pick<QueryFields, 'arg'>) {
  return {
    first: arg.int({
      description: `The maximum number of items to return from the beginning of the list: 0 to ${maxPageSize}. Default: ${defaultPageSize}. Not allowed together with \`last\`.`,
    }),
    after: arg.string({
      description:
        'Returns only items after the item with this cursor. Default: from the first item.',
    }),
    last: arg.int({
      description: `The maximum number of items to return from the end of the list: 0 to ${maxPageSize}. Not allowed together with \`first\`.`,
    }),
    before: arg.string({
      description:
        'Returns only items before the item with this cursor. Default: up to the last item.',
    }),
  }
}
