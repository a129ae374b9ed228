import { maxLineageDepth } from '../keys/rules.ts'

const onlyDescendants = 'A caller with an API key may change only that key and its descendants.'

const othersKey = (action: string) =>
  `${action} another user's key requires scope \`manage:keys\`. Selecting more of that key than its basic fields (see \`ApiKey\`) also requires \`read:keys\` and \`read:users\`.`

/**
 * @param further fields that this mutation may return without `read:keys`, beside the basic fields
 */
const withoutReadKeys = (further: string) =>
  `Without \`read:keys\`, a caller may select only these fields of a key of its user: the basic fields (see \`ApiKey\`)${further}.`

const ofOwnKey =
  "If the key is the caller's own credential, `name`, `expiresAt` and `effectiveScopes` are allowed too."

const paragraphs = (...texts: readonly string[]) => texts.join('\n\n')

/** Descriptions of the mutations of API keys: the effect first, then the requirements and errors. */
export const apiKeyMutationDescriptions = {
  createApiKey: paragraphs(
    "Creates an API key for the caller's user. A key that is created with an API key is its child. A child never has an effective scope that its parent lacks. It never expires later, and is revoked with its parent.",
    `\`FORBIDDEN\`: the caller lacks a scope of the new key. \`CONFLICT\`: the user has as many active keys as the server allows (\`KEY_MAX_PER_USER\`), the parent was revoked or has expired, or the parent already has ${maxLineageDepth} ancestors.`,
    'Without `read:keys`, a caller may select only these fields of the `parent` of the new key: the basic fields (see `ApiKey`), `owner`, `name`, `expiresAt` and `effectiveScopes`.',
  ),
  updateApiKey: paragraphs(
    'Changes the name, description or metadata of an API key, removes scopes from it, or adds scopes to it. An input field that is omitted changes nothing. The secret stays the same. A scope that is removed is removed from all descendants too, and adding it again does not give it back to them.',
    `${onlyDescendants} An API key cannot add scopes to itself. ${othersKey('Removing scopes from')} Nobody can add scopes to another user's key.`,
    '`FORBIDDEN`: the caller or the parent of the key lacks a scope that is added. `CONFLICT`: the key is revoked, a concurrent request has removed all scopes that this one keeps, or scopes are added while the previous secret still works after a rotation.',
    `${withoutReadKeys(', `owner` and those that this mutation sets')} ${ofOwnKey}`,
  ),
  rotateApiKey: paragraphs(
    'Gives an API key a new secret. The new secret works at once. The old one works until the grace period ends. Everything else stays the same: the id, the name, the scopes, the expiry and the children of the key.',
    `${onlyDescendants} \`FORBIDDEN\`: the caller lacks one of the \`scopes\` of the key. \`CONFLICT\`: the grace period of an earlier rotation has not ended and \`force\` is not true, or the key is revoked or has expired.`,
    withoutReadKeys(
      ', `owner`, `name`, `expiresAt`, `effectiveScopes`, `rotatedAt` and `previousSecret`',
    ),
  ),
  expirePreviousSecret: paragraphs(
    'Ends the grace period of the last rotation of an API key, so that the previous secret stops working. If no grace period is running, nothing changes. `previousSecret.lastUsedAt` shows whether the previous secret is still in use.',
    `${onlyDescendants} \`CONFLICT\`: the key is revoked or has expired.`,
    `${withoutReadKeys(', `owner`, `rotatedAt` and `previousSecret`')} ${ofOwnKey}`,
  ),
  revokeApiKey: paragraphs(
    'Permanently revokes an API key and all of its descendants. If the key was revoked before, nothing changes: it keeps its `revokedAt` and `revokedReason`.',
    `Any credential of the owner with scope \`write:keys\` may revoke the key, even a child its parent. ${othersKey('Revoking')}`,
    `${withoutReadKeys(' and `owner`')} ${ofOwnKey}`,
  ),
  revokeAllApiKeys: paragraphs(
    'Permanently revokes all API keys of a user, including the key that sends this mutation. JWTs stay valid: refuse your own with `signOutEverywhere`, those of another user with `suspendUser`.',
    "Revoking another user's keys requires scope `manage:keys`. Selecting `revokedCount` then also requires `read:keys` and `read:users`. A caller without them can select `__typename` instead.",
  ),
} as const
