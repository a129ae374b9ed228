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
    .description('Refuse all keys and tokens of a user until reactivated.')
    .option('--reason <text>', 'why, for the audit trail')
    .option('--issuer <issuer>', 'of the user, where several have that subject')
    .option('--json', 'answer in JSON')
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
