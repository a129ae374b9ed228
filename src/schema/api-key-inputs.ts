import {
  defaultGracePeriodSeconds,
  descriptionRule,
  maxGracePeriodSeconds,
  maxMetadataBytes,
  maxMetadataDepth,
  nameRule,
} from '../keys/rules.ts'
import type { Builder } from './builder.ts'

export function registerApiKeyInputs(builder: Builder) {
  const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
    fields: (t) => ({
      name: t.string({ required: true, description: `At most ${nameRule.maxLength} characters.` }),
      scopes: t.stringList({
        required: true,
        description: 'At least one, each one that you hold.',
      }),
      description: t.string({ description: `At most ${descriptionRule.maxLength} characters.` }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'Left out: never, or with the key that makes it.',
      }),
      metadata: t.field({
        type: 'JSONObject',
        description: `At most ${maxMetadataBytes} bytes as JSON, nested at most ${maxMetadataDepth} deep.`,
      }),
    }),
  })
  const UpdateApiKeyInput = builder.inputType('UpdateApiKeyInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      name: t.string(),
      description: t.string(),
      metadata: t.field({ type: 'JSONObject', description: 'Replaces what was there.' }),
      scopes: t.stringList({ description: 'What the key keeps of its scopes: they only narrow.' }),
    }),
  })
  const RotateApiKeyInput = builder.inputType('RotateApiKeyInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      gracePeriodSeconds: t.int({
        description: `How long the old secret goes on working: 0 to ${maxGracePeriodSeconds}, by default ${defaultGracePeriodSeconds}.`,
      }),
      force: t.boolean({
        description: 'Rotate though the grace period of the last rotation still runs, ending it.',
      }),
    }),
  })
  const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
    fields: (t) => ({ id: t.id({ required: true }), reason: t.string() }),
  })
  const ExpirePreviousSecretInput = builder.inputType('ExpirePreviousSecretInput', {
    fields: (t) => ({ id: t.id({ required: true }) }),
  })
  const RevokeAllApiKeysInput = builder.inputType('RevokeAllApiKeysInput', {
    fields: (t) => ({
      ownerId: t.id({
        description: 'Whose keys; left out, your own. Another user needs `manage:keys`.',
      }),
      reason: t.string(),
    }),
  })
  return {
    CreateApiKeyInput,
    UpdateApiKeyInput,
    RotateApiKeyInput,
    RevokeApiKeyInput,
    ExpirePreviousSecretInput,
    RevokeAllApiKeysInput,
  }
}
