const keys = (count: number) => (count === 1 ? '1 key' : `${count} keys`)

export const list = {
  title: 'API keys',
  lead: 'Keys let your programs call the API as you, with the scopes that you choose.',
  create: 'New key',

  search: 'Search by name or id',
  status: 'Status',
  anyStatus: 'Any status',
  sort: 'Order',
  sorts: {
    NEWEST: 'Newest first',
    NAME: 'By name',
    LAST_USED: 'Most recently used first',
    EXPIRES: 'Soonest expiry first',
  },

  columns: {
    name: 'Name',
    scopes: 'Scopes',
    lastUsed: 'Last used',
    expires: 'Expires',
    status: 'Status',
    actions: 'Actions',
  },
  andScopes: (scopes: string) => `and ${scopes}`,
  select: (name: string) => `Select ${name}`,
  selectAll: 'Select all keys on this page',
  actionsFor: (name: string) => `Actions for ${name}`,
  open: 'Open',
  copyId: 'Copy id',
  id: 'Id',
  revoke: 'Revoke…',

  pages: 'Pages',
  count: keys,
  previous: 'Previous',
  next: 'Next',

  selection: 'Selection',
  selected: (count: number) => `${keys(count)} selected`,
  clearSelection: 'Clear selection',

  revokeTitle: (count: number) => `Revoke ${keys(count)}?`,
  revokeText:
    'Programs that use these keys are refused at once, on every server. Keys that they created are revoked too. This cannot be undone.',
  revokeAction: (count: number) => `Revoke ${keys(count)}`,
  neverUsed: 'never used',
  lastUsed: 'last used',
  reason: 'Reason',
  word: 'revoke',
  typeWord: (word: string) => `Type “${word}” to confirm`,
  inUse:
    'A program may have used one of these keys, or a key that they created, within the last day.',
  revokedSome: (done: number, count: number) =>
    `${done} of ${keys(count)} ${done === 1 ? 'was' : 'were'} revoked. The others were not:`,
  revoked: (count: number, descendants: number) =>
    descendants === 0
      ? `${keys(count)} revoked.`
      : `${keys(count)} revoked, and ${descendants} created by them.`,

  emptyTitle: 'Create your first key',
  emptyText: (max: number) =>
    `A key is a password for one program. Give each program its own, with only the scopes that it needs. You can have ${max} active keys.`,
  emptyAction: 'New key',
  noMatchTitle: 'No key matches',
  noMatchText: 'Search finds the beginning of a name, and whole ids.',
  clearFilters: 'Show all keys',
}
