import type { Command } from 'commander'
import { operator } from '../audit/actor.ts'
import { loadConfig } from '../config.ts'
import { ofUser } from '../keys/predictor.ts'
import { deleteUser } from '../users/change.ts'
import type { CommandContext } from './command-context.ts'
import { answerConsequences, readConsequences } from './dry-run.ts'
import { findUser } from './find-user.ts'
import { answer } from './output.ts'
import { userView } from './views.ts'

interface Options {
  readonly force?: boolean
  readonly dryRun?: boolean
  readonly issuer?: string
  readonly json?: boolean
}

export function addUsersDelete(users: Command, context: CommandContext): void {
  users
    .command('delete <user>')
    .description(
      'Delete a user and all keys of the user. Its JWTs stay refused until `users create` creates the user again.',
    )
    .option('--force', 'delete the user even if it has active keys, which then stop working')
    .option('--dry-run', 'change nothing, and list the keys that would stop working')
    .option('--issuer <issuer>', 'the issuer of the user, if several issuers have that subject')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (idOrSubject: string, options: Options) => {
      const now = new Date(context.now())
      await context.withDatabase(loadConfig(context.environment), async (database) => {
        const user = await findUser(database.users, idOrSubject, options.issuer)
        if (options.dryRun === true) {
          const affected = ofUser(user, { kind: 'stop' }, now)
          answerConsequences(context, options, await readConsequences(database, affected))
          return
        }
        await deleteUser(
          {
            store: database.users,
            now,
            mayCountKeys: true,
            forceOption: '`--force`',
            by: operator,
          },
          { id: user.id, force: options.force },
        )
        answer(context, options, { user: userView(user) }, () => `Deleted ${user.subject}.\n`)
      })
    })
}

const examples = `
Examples:
  $ latchkey users delete ada --dry-run
  $ latchkey users delete ada --force`
