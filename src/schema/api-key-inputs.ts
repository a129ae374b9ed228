import {
  defaultGracePeriodSeconds,
  descriptionRule,
  maxGracePeriodSeconds,
  maxMetadataBytes,
  maxMetadataDepth,
  nameRule,
} from '../keys/rules.ts'
import { administrativeScopes } from '../scopes.ts'
import { reasonRule } from '../text-rules.ts'
import type { Builder } from './builder.ts'

const name = `1 to ${nameRule.maxLength} characters on one line.`
const description = `At most ${descriptionRule.maxLength} characters; line breaks are allowed.`
const metadata = `At most ${maxMetadataBytes} bytes as JSON, nested at most ${maxMetadataDepth} levels deep.`
const unchanged = 'If omitted or null, it does not change.'
const administrative = new Intl.ListFormat('en-GB').format(
  [...administrativeScopes].map((scope) => `\`${scope}\``),
)
const reason = `The reason, at most ${reasonRule.maxLength} characters. The audit trail and \`ApiKey.revokedReason\` show it. Default, and for an empty text: none.`

export type ApiKeyMutationInputs = ReturnType<typeof registerApiKeyInputs>

export function registerApiKeyInputs(builder: Builder) {
  return { ...registerPropertyInputs(builder), ...registerSecretInputs(builder) }
}

function registerPropertyInputs(builder: Builder) {
  const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
    description: 'The input of `createApiKey`.',
    fields: (t) => ({
      name: t.string({ required: true, description: `The name of the key. ${name}` }),
      scopes: t.stringList({
        required: true,
        description:
          'The scopes of the key: at least one, without duplicates. The caller must have each of them as an effective scope.',
      }),
      description: t.string({
        description: `A description of the key. ${description} Default, and for an empty text: none.`,
      }),
      expiresAt: t.field({
        type: 'DateTime',
        description:
          'The time at which the key expires. It must be in the future, not later than the expiry of the parent, and within the maximum lifetime, if the operator sets one (`KEY_MAX_LIFETIME_DAYS`). Default: the latest time that these limits allow. If neither limit exists, the key does not expire.',
      }),
      metadata: t.field({
        type: 'JSONObject',
        description: `Data that the server stores and does not interpret. ${metadata} Default: \`{}\`.`,
      }),
    }),
  })
  const UpdateApiKeyInput = builder.inputType('UpdateApiKeyInput', {
    description:
      "The input of `updateApiKey`. For another user's key, all fields except `id` and `scopes` must be omitted.",
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the key.' }),
      name: t.string({ description: `The new name. ${name} ${unchanged}` }),
      description: t.string({
        description: `The new description. ${description} Null or an empty text removes it. If omitted, it does not change.`,
      }),
      metadata: t.field({
        type: 'JSONObject',
        description: `The new metadata, which replaces all of the old metadata. ${metadata} ${unchanged}`,
      }),
      scopes: t.stringList({
        description:
          'The scopes that the key keeps: at least one, without duplicates, and only scopes that it has. If omitted or null, no scope is removed. Not allowed together with `addScopes`.',
      }),
      addScopes: t.stringList({
        description: `The scopes that the key gets in addition: at least one, without duplicates. The caller must have each of them as an effective scope, and so must the parent of the key. ${administrative} cannot be added. If omitted or null, no scope is added.`,
      }),
    }),
  })
  return { CreateApiKeyInput, UpdateApiKeyInput }
}

/** Registers the inputs of the mutations after which a secret is refused. */
function registerSecretInputs(builder: Builder) {
  const RotateApiKeyInput = builder.inputType('RotateApiKeyInput', {
    description: 'The input of `rotateApiKey`.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the key.' }),
      gracePeriodSeconds: t.int({
        description: `The time for which the previous secret still works, in seconds: 0 to ${maxGracePeriodSeconds} (30 days). With 0 it stops working at once. A longer time is shortened to the expiry of the key. Default: ${defaultGracePeriodSeconds} (24 hours).`,
      }),
      force: t.boolean({
        description:
          'Whether to rotate even if the grace period of an earlier rotation is running. That grace period then ends, and the secret that it kept stops working. If false, the mutation fails with `CONFLICT` in this case. Default: false.',
      }),
    }),
  })
  const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
    description: 'The input of `revokeApiKey`.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the key.' }),
      reason: t.string({ description: reason }),
    }),
  })
  const ExpirePreviousSecretInput = builder.inputType('ExpirePreviousSecretInput', {
    description: 'The input of `expirePreviousSecret`.',
    fields: (t) => ({ id: t.id({ required: true, description: 'The id of the key.' }) }),
  })
  const RevokeAllApiKeysInput = builder.inputType('RevokeAllApiKeysInput', {
    description: 'The input of `revokeAllApiKeys`.',
    fields: (t) => ({
      ownerId: t.id({
        description:
          'The id of the user who owns the keys. Default: the user of the caller. Another user requires scope `manage:keys`.',
      }),
      reason: t.string({ description: reason }),
    }),
  })
  return {
    RotateApiKeyInput,
    RevokeApiKeyInput,
    ExpirePreviousSecretInput,
    RevokeAllApiKeysInput,
  }
}
