import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import type { UserStatus } from '../users/user.ts'
import type { CommandContext } from './command-context.ts'
import { limit, statusOption } from './option-values.ts'
import { answer } from './output.ts'
import { userTable, userView } from './views.ts'

interface Options {
  readonly search?: string
  readonly status?: Lowercase<UserStatus>
  readonly limit: number
  readonly json?: boolean
}

export function addUsersList(users: Command, context: CommandContext): void {
  users
    .command('list')
    .description('List users, newest first.')
    .option(
      '--search <text>',
      'only users whose subject, e-mail address or name begins with this text',
    )
    .addOption(statusOption('only users with this status', ['active', 'suspended']))
    .option('--limit <count>', 'the maximum number of users, 1 to 1000', limit, 100)
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const page = await context.withDatabase(
        loadConfig(context.environment),
        async ({ users: store }) =>
          await store.list(
            {
              status: (options.status?.toUpperCase() ?? null) as UserStatus | null,
              search: options.search || null,
            },
            { limit: options.limit, after: null, before: null, fromEnd: false },
          ),
      )
      const json = { users: page.rows.map(userView), more: page.more }
      answer(context, options, json, () => userTable(page.rows))
      if (page.more)
        context.note('There are more users. Raise --limit, or narrow the list with --search.\n')
    })
}

const examples = `
Examples:
  $ latchkey users list
  $ latchkey users list --search ada --status active --json`
