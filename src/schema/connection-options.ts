import { defaultPageSize, maxPageSize } from './pages.ts'

/** Options of Pothos' Relay plugin: nullability and descriptions of connections (Relay Cursor Connections). */
export const connectionOptions = {
  firstArgOptions: {
    description: `The maximum number of items to return from the beginning of the list: 0 to ${maxPageSize}. Default: ${defaultPageSize}. Not allowed together with \`last\`.`,
  },
  afterArgOptions: {
    description:
      'Returns only items after the item with this cursor. Default: from the first item.',
  },
  lastArgOptions: {
    description: `The maximum number of items to return from the end of the list: 0 to ${maxPageSize}. Not allowed together with \`first\`.`,
  },
  beforeArgOptions: {
    description:
      'Returns only items before the item with this cursor. Default: up to the last item.',
  },
  edgesFieldOptions: {
    nullable: { list: false, items: false },
    description: 'The items of this page with their cursors.',
  },
  nodesOnConnection: { description: 'The items of this page without their cursors.' },
  pageInfoFieldOptions: { description: 'The position of this page in the list.' },
  nodeFieldOptions: { nullable: false, description: 'The item.' },
  cursorFieldOptions: {
    description:
      'The position of the item, for `after` and `before`. Clients must not interpret it.',
  },
  pageInfoTypeOptions: {
    description: 'The position of a page in its list (Relay Cursor Connections).',
    extensions: { directives: { shareable: {} } },
  },
  hasNextPageFieldOptions: { description: 'Whether the list has items after this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether the list has items before this page.' },
  startCursorFieldOptions: {
    description: 'The cursor of the first item of this page. Null if the page is empty.',
  },
  endCursorFieldOptions: {
    description: 'The cursor of the last item of this page. Null if the page is empty.',
  },
} as const
