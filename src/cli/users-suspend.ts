import type { Command } from 'commander'
import { optionalText, reasonRule } from '../text-rules.ts'
import type { CommandContext } from './command-context.ts'
import { type StatusOptions, setStatus } from './user-status.ts'

interface Options extends StatusOptions {
  readonly reason?: string
}

export function addUsersSuspend(users: Command, context: CommandContext): void {
  users
    .command('suspend <user>')
    .description('Suspend a user: refuse all keys and JWTs of the user until `users reactivate`.')
    .option('--reason <text>', 'the reason, for the audit trail')
    .option('--issuer <issuer>', 'the issuer of the user, if several issuers have that subject')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (idOrSubject: string, options: Options) => {
      const reason = optionalText('reason', options.reason, reasonRule)
      await setStatus(context, idOrSubject, options, 'SUSPENDED', reason)
    })
}

const examples = `
Examples:
  $ latchkey users suspend ada
  $ latchkey users suspend ada --reason "laptop stolen"`
