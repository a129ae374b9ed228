const keys = (count: number) => (count === 1 ? '1 key' : `${count} keys`)

export const health = {
  title: 'Keys that need attention',
  kinds: {
    EXPIRES_SOON: 'Expires soon',
    IDLE: 'Idle for 90 days',
    NEVER_EXPIRES: 'Never expires',
    OWNER_SUSPENDED: 'Owner suspended',
    PREVIOUS_SECRET_USED: 'Old secret in use',
    UNUSED_SCOPES: 'Unused scopes',
  },
  advice: {
    EXPIRES_SOON: 'Programs with these keys are refused soon. Create keys that replace them.',
    IDLE: 'Nobody has used these keys for 90 days. Revoke those that nobody needs.',
    NEVER_EXPIRES:
      'These keys work until somebody revokes them. Replace them with keys that expire.',
    OWNER_SUSPENDED: 'These keys work again when their owner is reactivated.',
    PREVIOUS_SECRET_USED:
      'Programs still send the old secret of these keys. Give them the new one before the old one ends.',
    UNUSED_SCOPES: 'Requests have never needed some scopes of these keys. Remove those scopes.',
  },
  count: keys,
  shown: (shown: number, count: number) => `The first ${shown} of ${keys(count)}`,
  none: 'No key has this problem',
  noneText: 'Nothing is left to do here.',
  allWell: 'No key needs attention',
  look: 'Look at it',
  openOwner: 'Open the user',
  revoke: 'Revoke',
  revoked: 'The key is revoked.',
  endOldSecret: 'End the old secret',
  narrowTitle: (name: string) => `Remove unused scopes of “${name}”?`,
  narrowText: 'No request has needed these scopes:',
  replace: 'Replace',
  narrow: (count: number) => (count === 1 ? 'Remove 1 scope' : `Remove ${count} scopes`),
}
