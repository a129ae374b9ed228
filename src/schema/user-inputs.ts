import { subjectForm } from '../users/identity.ts'
import { userNameRule } from '../users/rules.ts'
import type { Builder } from './builder.ts'

export function registerUserInputs(builder: Builder) {
  const CreateUserInput = builder.inputType('CreateUserInput', {
    fields: (t) => ({
      issuer: t.string({
        description: 'One that this server trusts; left out, the first of them.',
      }),
      subject: t.id({ required: true, description: `${subjectForm}.` }),
      email: t.string(),
      name: t.string({ description: `At most ${userNameRule.maxLength} characters.` }),
      scopes: t.stringList({
        description: 'The ceiling over all credentials of the user, of scopes that you hold.',
      }),
    }),
  })
  const UpdateUserInput = builder.inputType('UpdateUserInput', {
    fields: (t) => ({
      id: t.id({ required: true }),
      email: t.string({ description: 'null removes it; left out, it stays.' }),
      name: t.string({ description: 'null removes it; left out, it stays.' }),
    }),
  })
  const SuspendUserInput = builder.inputType('SuspendUserInput', {
    fields: (t) => ({ id: t.id({ required: true }), reason: t.string() }),
  })
  const ReactivateUserInput = builder.inputType('ReactivateUserInput', {
    fields: (t) => ({ id: t.id({ required: true }) }),
  })
  const DeleteUserInput = builder.inputType('DeleteUserInput', {
    fields: (t) => ({ id: t.id({ required: true }) }),
  })
  const SetUserScopesInput = builder.inputType('SetUserScopesInput', {
    fields: (t) => ({
      userId: t.id({ required: true }),
      scopes: t.stringList({
        description: 'null lifts the ceiling; leaving it out is an error, so that it never does.',
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
