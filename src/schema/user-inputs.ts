import { reasonRule } from '../text-rules.ts'
import { subjectForm } from '../users/identity.ts'
import { maxEmailLength, userNameRule } from '../users/rules.ts'
import type { Builder } from './builder.ts'

const email = `At most ${maxEmailLength} characters; the server checks the form only.`
const name = `At most ${userNameRule.maxLength} characters on one line.`
const unchanged = 'Null removes it; left out, it stays unchanged.'

export function registerUserInputs(builder: Builder) {
  const CreateUserInput = builder.inputType('CreateUserInput', {
    description: 'The input of `createUser`.',
    fields: (t) => ({
      issuer: t.string({
        description:
          'The issuer of the user, one that this server trusts. Default: the first issuer in the configuration.',
      }),
      subject: t.id({
        required: true,
        description: `The subject of the user, \`sub\` of its JWTs: ${subjectForm}.`,
      }),
      email: t.string({
        description: `The e-mail address of the user. ${email} Default: none.`,
      }),
      name: t.string({ description: `The name of the user. ${name} Default: none.` }),
      scopes: t.stringList({
        description:
          'The grant of the user, without duplicates: the ceiling on the scopes of all its credentials. The caller must hold each scope. Default: `DEFAULT_USER_SCOPES` of the server, or else no scopes. For a user that was deleted before, a caller without `write:grants` grants at most the scopes that the user had.',
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
        description: `The reason, at most ${reasonRule.maxLength} characters. The audit trail shows it. Default: none.`,
      }),
    }),
  })
  const ReactivateUserInput = builder.inputType('ReactivateUserInput', {
    description: 'The input of `reactivateUser`.',
    fields: (t) => ({ id: t.id({ required: true, description: 'The id of the user.' }) }),
  })
  const DeleteUserInput = builder.inputType('DeleteUserInput', {
    description: 'The input of `deleteUser`.',
    fields: (t) => ({ id: t.id({ required: true, description: 'The id of the user.' }) }),
  })
  const SetUserScopesInput = builder.inputType('SetUserScopesInput', {
    description: 'The input of `setUserScopes`.',
    fields: (t) => ({
      userId: t.id({ required: true, description: 'The id of the user.' }),
      scopes: t.stringList({
        description:
          'The new grant, without duplicates. Null removes the ceiling. Leaving it out is an error (`BAD_USER_INPUT`), so that no caller removes the ceiling by mistake.',
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
