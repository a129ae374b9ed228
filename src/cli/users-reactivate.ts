import type { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { type StatusOptions, setStatus } from './user-status.ts'

export function addUsersReactivate(users: Command, context: CommandContext): void {
  users
    .command('reactivate <user>')
    .description('Accept the keys and tokens of a suspended user again.')
    .option('--issuer <issuer>', 'of the user, where several have that subject')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(async (idOrSubject: string, options: StatusOptions) => {
      await setStatus(context, idOrSubject, options, 'ACTIVE', null)
    })
}

const examples = `
Examples:
  $ latchkey users reactivate ada`
