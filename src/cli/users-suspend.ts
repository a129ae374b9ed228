import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { ofUser } from '../keys/predictor.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import type { CommandContext } from './command-context.ts'
import { answerConsequences, readConsequences } from './dry-run.ts'
import { findUser } from './find-user.ts'
import { type StatusOptions, setStatus } from './user-status.ts'

interface Options extends StatusOptions {
  readonly reason?: string
  readonly dryRun?: boolean
}

export function addUsersSuspend(users: Command, context: CommandContext): void {
  users
    .command('suspend <user>')
    .description('Suspend a user: refuse all keys and JWTs of the user until `users reactivate`.')
    .option('--reason <text>', 'the reason, for the audit trail')
    .option('--issuer <issuer>', 'the issuer of the user, if several issuers have that subject')
    .option('--dry-run', 'change nothing, and list the keys that would stop working')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (idOrSubject: string, options: Options) => {
      const reason = optionalText('reason', options.reason, reasonRule)
      if (options.dryRun === true) return await predict(context, idOrSubject, options)
      await setStatus(context, idOrSubject, options, 'SUSPENDED', reason)
    })
}

async function predict(
  context: CommandContext,
  idOrSubject: string,
  options: Options,
): Promise<void> {
  await context.withDatabase(loadConfig(context.environment), async (database) => {
    const user = await findUser(database.users, idOrSubject, options.issuer)
    const affected =
      user.status === 'SUSPENDED' ? null : ofUser(user, { kind: 'stop' }, new Date(context.now()))
    answerConsequences(context, options, await readConsequences(database, affected))
  })
}

const examples = `
Examples:
  $ latchkey users suspend ada --dry-run
  $ latchkey users suspend ada
  $ latchkey users suspend ada --reason "laptop stolen"`
