const keys = (count: number) => (count === 1 ? '1 key' : `${count} keys`)
const scopes = (count: number) => (count === 1 ? '1 scope' : `${count} scopes`)

export const details = {
  missingTitle: 'There is no such key',
  missingText:
    'It was deleted with its user, belongs to somebody else, or the address is mistyped.',
  edit: 'Edit',
  editTitle: 'Edit key',
  saved: 'Saved.',

  facts: 'Facts',
  id: 'Id',
  created: 'Created',
  expires: 'Expires',
  lastUsed: 'Last used',
  owner: 'Owner',
  parent: 'Created by',
  reason: 'Reason',

  scopes: 'Scopes',
  scopesLead: 'The key may do this. Each scope shows when a request last needed it.',
  scopesLeadPast: 'The key could do this. Each scope shows when a request last needed it.',
  scopeColumns: { scope: 'Scope', used: 'Last needed' },
  notNeeded: 'Not needed yet',
  neverNeeded: 'Never needed',
  withheld: 'Withheld: the owner or the key that created this one lacks it now.',
  unused: (count: number) =>
    `No request has needed ${count === 1 ? 'this scope' : `these ${scopes(count)}`}:`,
  allUnused: 'No request has needed a scope of this key yet.',
  allUsed: 'Requests have needed all scopes of this key.',
  narrow: (count: number) => `Remove ${count === 1 ? 'it' : `all ${count}`}`,
  narrowed: (count: number) => `${scopes(count)} removed.`,
  narrowsOthers: (count: number) =>
    `${keys(count)} created by this key would lose scopes too, permanently.`,
  narrowsNone: 'Nothing that runs today loses a scope.',

  addScopes: 'Add scopes',
  addTitle: 'Add scopes',
  addLead: 'The key keeps its secret. Scopes for administration cannot be added.',
  add: (count: number) => (count === 0 ? 'Add scopes' : `Add ${scopes(count)}`),
  added: (count: number) => `${scopes(count)} added.`,
  allAdded: 'The key has every scope that can be added.',
  addWhileRotating:
    'While an old secret works, scopes cannot be added. End it first, or wait until it ends.',
  askedTitle: 'A link asks you to add scopes to this key',
  askedText: 'Add them only if you know why the program needs them. Nothing has changed so far.',
  askedUsed: 'The key was last used',
  askedNeverUsed: 'The key was never used.',
  askedHeld: 'The key has these already:',
  askedNotHeld: (names: string) =>
    `You do not hold ${names}, so you cannot add it. Somebody with write:grants can grant it to you.`,
  askedFixed: (names: string) =>
    `${names} cannot be added to a key. A new key can have it, if you hold it.`,
  askedEnded: {
    REVOKED: 'The key was revoked, so nothing can be added.',
    EXPIRED: 'The key has expired, so nothing can be added.',
  },
  askedReplace: 'A new key can have the scopes of this key and those of the link:',
  askedNewKey: 'New key with these scopes',
  askedDismiss: 'Not now',

  rotation: 'Secret',
  rotate: 'Rotate',
  rotateTitle: 'Rotate the secret?',
  rotateText:
    'The key gets a new secret, which works at once. Scopes, expiry and id stay the same.',
  grace: 'The old secret works for',
  graces: {
    '0': 'no longer',
    '3600': '1 hour',
    '86400': '24 hours',
    '604800': '7 days',
    '2592000': '30 days',
  },
  rotateAgain:
    'The old secret of the last rotation still works. It stops working as soon as you rotate again.',
  rotateAction: 'Rotate',
  rotatedTitle: (name: string) => `“${name}” has a new secret`,
  rotated: 'Rotated',
  createdWith: 'Created with its first secret',

  oldSecretUsed: 'The old secret was used',
  oldSecretUnused: 'Nobody has used the old secret since',
  oldSecretEnds: 'The old secret ends',
  endNow: 'End the old secret',
  endTitle: 'End the old secret now?',
  endText: 'Programs that still send the old secret are refused at once.',
  endUsed: 'It was last used',
  endUnused: 'Nobody has used it since the rotation.',
  endAction: 'End old secret',
  ended: 'The old secret no longer works.',

  descendants: 'Keys that it created',
  descendantsLead: 'They never have a scope that this key lacks, and are revoked with it.',

  metadata: 'Metadata',
  noMetadata: 'No metadata. Programs can store facts about the key here, such as its team.',
  metadataField: 'Metadata (JSON)',
  metadataInvalid: 'Enter a JSON object, such as {"team": "shop"}.',

  activity: 'Activity',
  noActivity: 'Nothing was recorded.',
  more: 'Show more',
  by: (name: string) => `by ${name}`,
  byOperator: 'by an operator',
  events: {
    'api_key.created': 'Key created',
    'api_key.updated': 'Key changed',
    'api_key.widened': 'Scopes added',
    'api_key.rotated': 'Secret rotated',
    'api_key.previous_secret_expired': 'Old secret ended',
    'api_key.revoked': 'Key revoked',
    'credential.refused': 'Credential refused',
    'user.created': 'User created',
    'user.updated': 'User changed',
    'user.suspended': 'User suspended',
    'user.reactivated': 'User reactivated',
    'user.deleted': 'User deleted',
    'user.scopes_set': 'Grant changed',
    'user.signed_out': 'Signed out everywhere',
    'user.merged': 'User merged',
  } as Record<string, string>,

  revoke: 'Revoke',
  revokeText:
    'Programs that use this key are refused at once, on every server. This cannot be undone.',
  revokeUsed: 'Last used',
  revokeScopes: 'Scopes in use',
  revokeOthers: (count: number) =>
    count === 1
      ? '1 key that it created is revoked too'
      : `${count} keys that it created are revoked too`,
  andMore: (count: number) => `and ${count} more`,
  typeName: 'Type the name of the key to confirm',
  inUse: 'A program used this key within the last day.',
  revokeAction: 'Revoke key',
  refusedSoon: 'Revoked. Waiting until every server refuses it…',
  refusedSince: 'Refused everywhere since',
  refusedOthers: (count: number) =>
    `${keys(count)} created by it ${count === 1 ? 'is' : 'are'} refused too:`,
}
