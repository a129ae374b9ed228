import type { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { type StatusOptions, setStatus } from './user-status.ts'

export function addUsersReactivate(users: Command, context: CommandContext): void {
  users
    .command('reactivate <user>')
    .description('Reactivate a suspended user: accept the keys and JWTs of the user again.')
    .option('--issuer <issuer>', 'the issuer of the user, if several issuers have that subject')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (idOrSubject: string, options: StatusOptions) => {
      await setStatus(context, idOrSubject, options, 'ACTIVE', null)
    })
}

const examples = `
Examples:
  $ latchkey users reactivate ada`
