import { reasonRule } from '../text-rules.ts'
import { subjectForm } from '../users/identity.ts'
import { maxEmailLength, userNameRule } from '../users/rules.ts'
import type { Builder } from './builder.ts'

const email = `At most ${maxEmailLength} characters. Only the syntax is checked.`
const name = `At most ${userNameRule.maxLength} characters on one line.`
const unchanged = 'Null or an empty text removes it. If omitted, it does not change.'

export type UserMutationInputs = ReturnType<typeof registerUserInputs>

export function registerUserInputs(builder: Builder) {
  const CreateUserInput = builder.inputType('CreateUserInput', {
    description: 'The input of `createUser`.',
    fields: (t) => ({
      issuer: t.string({
        description:
          'The issuer of the user. It must be an issuer that this server trusts. Default: the first issuer in the configuration.',
      }),
      subject: t.id({
        required: true,
        description: `The subject of the user, \`sub\` of its JWTs: ${subjectForm}.`,
      }),
      email: t.string({
        description: `The e-mail address of the user. ${email} Default, and for an empty text: none.`,
      }),
      name: t.string({
        description: `The name of the user. ${name} Default, and for an empty text: none.`,
      }),
      scopes: t.stringList({
        description:
          'The grant of the user: the ceiling on the scopes of all its credentials. It may be empty and has no duplicates. The caller must have each scope as an effective scope. Default: the scopes in `DEFAULT_USER_SCOPES`, or none if the operator does not set it.\n\nIf a user with this issuer and subject was deleted, a caller without `write:grants` can grant only scopes of the last grant of that user. Other scopes fail with `FORBIDDEN`, or are left out if the caller lacks `read:users`. The default is reduced to the scopes of that grant.',
      }),
    }),
  })
  const UpdateUserInput = builder.inputType('UpdateUserInput', {
    description: 'The input of `updateUser`.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the user.' }),
      email: t.string({ description: `The new e-mail address. ${email} ${unchanged}` }),
      name: t.string({ description: `The new name. ${name} ${unchanged}` }),
    }),
  })
  const SuspendUserInput = builder.inputType('SuspendUserInput', {
    description: 'The input of `suspendUser`.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the user.' }),
      reason: t.string({
        description: `The reason, at most ${reasonRule.maxLength} characters. The audit trail shows it. Default, and for an empty text: none.`,
      }),
    }),
  })
  const ReactivateUserInput = builder.inputType('ReactivateUserInput', {
    description: 'The input of `reactivateUser`.',
    fields: (t) => ({ id: t.id({ required: true, description: 'The id of the user.' }) }),
  })
  const DeleteUserInput = builder.inputType('DeleteUserInput', {
    description: 'The input of `deleteUser`.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'The id of the user.' }),
      force: t.boolean({
        description:
          'Whether to delete the user even if it has active API keys, which then stop working. If false, the mutation fails with `CONFLICT` in this case. Default: false.',
      }),
    }),
  })
  const SetUserScopesInput = builder.inputType('SetUserScopesInput', {
    description: 'The input of `setUserScopes`.',
    fields: (t) => ({
      userId: t.id({ required: true, description: 'The id of the user.' }),
      scopes: t.stringList({
        description:
          'The new grant, which replaces the old one, without duplicates. An empty list leaves the credentials of the user no scopes. Null removes the ceiling. Required: if it is omitted, the mutation fails with `BAD_USER_INPUT`, so that no caller removes the ceiling by mistake.',
      }),
    }),
  })
  return {
    CreateUserInput,
    UpdateUserInput,
    SuspendUserInput,
    ReactivateUserInput,
    DeleteUserInput,
    SetUserScopesInput,
  }
}
