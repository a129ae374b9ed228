const scopes = (count: number) => (count === 1 ? '1 scope' : `${count} scopes`)
const take = (count: number) =>
  `Take exactly ${count === 1 ? 'this scope' : `these ${count} scopes`}`

export const create = {
  title: 'New API key',
  lead: 'The key acts as you, with the scopes that you choose here.',
  action: 'Create key',
  about: 'About',
  name: 'Name',
  nameHint: 'Name it after the program that will use it.',
  nameMissing: 'Enter a name.',
  description: 'Description',
  metadata: 'Metadata',
  metadataHint: 'Facts about the key, such as its team. They are not secret.',
  property: (number: number) => `Property ${number}`,
  value: (number: number) => `Value ${number}`,
  addProperty: 'Add property',
  removeProperty: (number: number) => `Remove property ${number}`,
  metadataInvalid: (property: string) =>
    property === ''
      ? 'Give each value of the metadata a property.'
      : `The metadata has the property ${property} twice.`,

  expiry: 'Expiry',
  days: (days: number) => `${days} days`,
  expiries: { date: 'Date…', never: 'Never' },
  date: 'Last day',
  dateMissing: 'Choose a date in the future.',
  expiresOn: (date: string) => `The key expires on ${date}.`,
  neverHint: 'A key without expiry works until somebody revokes it. Rotate it from time to time.',
  limit: (days: number) => `This server allows at most ${days === 1 ? '1 day' : `${days} days`}.`,

  scopes: 'Scopes',
  choose: 'Choose scopes',
  fromOperation: 'Start from an operation',
  /** `offered`: the number of scopes that a button below offers. */
  scopesMissing: (offered: number) =>
    offered === 0
      ? 'Choose at least one scope.'
      : `Choose at least one scope, for example with “${take(offered)}”.`,
  selected: scopes,
  otherScopes: 'Others',
  notHeld: 'You do not hold this scope.',
  opens: (fields: number) => (fields === 1 ? 'Opens 1 field' : `Opens ${fields} fields`),
  startWith: 'Start with',
  templates: { reading: 'Read only', ownKeys: 'Rotate its own key', none: 'Clear' },
  unknown: (count: number) => `The link names ${scopes(count)} that this server does not have.`,
  replaces: (name: string) =>
    `Name, description and metadata are those of “${name}”, which the new key does not change.`,
  fromLink: 'A link has filled in the scopes. Check them before you create the key.',

  document: 'GraphQL operations',
  documentHint: 'Paste one or several operations, or drop .graphql files here. Nothing is run.',
  chooseFiles: 'Choose files',
  ignoredFiles: 'Not read, because only .graphql and .gql files up to 256 KB are:',
  ignoredOperations: (checked: number, all: number) =>
    `Only the first ${checked} of ${all} operations were checked. Enter the others separately.`,
  unnamedOperation: 'Unnamed operation',
  invalidDocument: 'Not valid yet',
  checking: 'Checking…',
  noScopes: 'These operations need no scope. A key has at least one, so choose it yourself.',
  missing: (names: string) =>
    `You do not hold ${names}, so your keys cannot have it. Somebody with write:grants can grant it to you.`,
  take,
  line: (line: number) => `Line ${line}`,
  alternatives: (lists: readonly (readonly string[])[]): string =>
    lists.map((list) => (list.length === 0 ? 'any credential' : list.join(' + '))).join(' or '),
}
