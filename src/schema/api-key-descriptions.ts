import { maxLineageDepth } from '../keys/rules.ts'

const onlyDescendants =
  'A caller with an API key may change only that key and its descendants (otherwise `NOT_FOUND`).'

const othersKey = (action: string) =>
  `${action} another user's key requires scope \`manage:keys\`. Selecting more of it than \`id\`, \`start\`, \`scopes\`, \`status\`, \`revokedAt\` and \`revokedReason\` also requires \`read:keys\` and \`read:users\`.`

/**
 * @param further fields that this mutation may return without `read:keys`, beside those of every mutation
 * of a key
 */
const withoutReadKeys = (further: string, what = 'a key of the caller') =>
  `Without \`read:keys\`, only these fields of ${what} may be selected: \`id\`, \`start\`, \`owner\`, \`scopes\`, \`status\`, \`revokedAt\`${further}.`

const ofOwnKey =
  "If the key is the caller's own credential, `name`, `expiresAt` and `effectiveScopes` may be selected too."

const paragraphs = (...texts: readonly string[]) => texts.join('\n\n')

/** Descriptions of the mutations of API keys: the effect first, then the requirements and errors. */
export const apiKeyMutationDescriptions = {
  createApiKey: paragraphs(
    "Creates an API key for the caller's user. A key that is created with an API key is its child: it never has a scope that its parent lacks, never expires later, and is revoked with its parent.",
    `\`FORBIDDEN\`: the caller lacks a scope of the new key. \`CONFLICT\`: the user has as many active keys as the server allows, the parent was revoked, or the parent already has ${maxLineageDepth} ancestors.`,
    withoutReadKeys(
      ', `revokedReason`, `name`, `expiresAt` and `effectiveScopes`',
      'the `parent` of the new key',
    ),
  ),
  updateApiKey: paragraphs(
    'Changes the name, description or metadata of an API key, or removes scopes from it. An input field that is left out changes nothing.',
    `${onlyDescendants} ${othersKey('Removing scopes from')} \`CONFLICT\`: the key is revoked.`,
    `${withoutReadKeys(', `revokedReason` and those that this mutation sets')} ${ofOwnKey}`,
  ),
  rotateApiKey: paragraphs(
    'Gives an API key a new secret. The new secret works at once; the old one works until the grace period ends.',
    `${onlyDescendants} \`FORBIDDEN\`: the caller lacks a scope of the key. \`CONFLICT\`: the grace period of an earlier rotation has not ended and \`force\` is not true, or the key is revoked or has expired.`,
    withoutReadKeys(
      ', `revokedReason`, `name`, `expiresAt`, `effectiveScopes`, `rotatedAt` and `previousSecret`',
    ),
  ),
  expirePreviousSecret: paragraphs(
    'Ends the grace period of the last rotation of an API key, so that the old secret stops working. Outside a grace period it changes nothing. `previousSecret.lastUsedAt` shows whether the old secret is still in use.',
    `${onlyDescendants} \`CONFLICT\`: the key is revoked or has expired.`,
    `${withoutReadKeys(', `revokedReason`, `rotatedAt` and `previousSecret`')} ${ofOwnKey}`,
  ),
  revokeApiKey: paragraphs(
    'Permanently revokes an API key and all of its descendants. A key that was revoked before keeps its `revokedAt` and `revokedReason`.',
    `Any credential of the owner with scope \`write:keys\` may revoke the key. ${othersKey('Revoking')}`,
    `${withoutReadKeys(' and `revokedReason`')} ${ofOwnKey}`,
  ),
  revokeAllApiKeys: paragraphs(
    'Permanently revokes all API keys of a user, including the key that sends this mutation. JWTs of the user stay valid; `signOutEverywhere` refuses those.',
    "Revoking another user's keys requires scope `manage:keys` (otherwise `NOT_FOUND`). Selecting `revokedCount` then also requires `read:keys` and `read:users`.",
  ),
} as const
