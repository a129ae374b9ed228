import { operator } from '../audit/actor.ts'
import { loadConfig } from '../config.ts'
import type { UserStatus } from '../users/user.ts'
import type { CommandContext } from './command-context.ts'
import { findUser, requireUser } from './find-user.ts'
import { answer } from './output.ts'
import { userView } from './views.ts'

export interface StatusOptions {
  readonly issuer?: string
  readonly json?: boolean
}

/** Sets the status of a user and prints the user. */
export async function setStatus(
  context: CommandContext,
  idOrSubject: string,
  options: StatusOptions,
  status: UserStatus,
  reason: string | null,
): Promise<void> {
  const user = await context.withDatabase(loadConfig(context.environment), async ({ users }) => {
    const { id } = await findUser(users, idOrSubject, options.issuer)
    return requireUser(await users.setStatus(id, status, reason, operator), idOrSubject)
  })
  answer(
    context,
    options,
    { user: userView(user) },
    () => `${user.subject} is ${user.status.toLowerCase()}.\n`,
  )
}
