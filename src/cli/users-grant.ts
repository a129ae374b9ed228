import { type Command, Option } from 'commander'
import { operator } from '../audit/actor.ts'
import { loadConfig } from '../config.ts'
import { ofUser, toGrant } from '../keys/predictor.ts'
import { requireDistinctScopes, requireInCatalogue } from '../scope-rules.ts'
import type { CommandContext } from './command-context.ts'
import { answerConsequences, readConsequences } from './dry-run.ts'
import { UsageError } from './exit-codes.ts'
import { findUser, requireUser } from './find-user.ts'
import { answer, scopeText } from './output.ts'
import { acceptScope, scopesOption } from './scopes-option.ts'
import { userView } from './views.ts'

interface Options {
  readonly scopes?: readonly string[]
  /** `false`: `--no-ceiling` is given. */
  readonly ceiling: boolean
  readonly issuer?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function addUsersGrant(users: Command, context: CommandContext): void {
  acceptScope(users.command('grant <user>'))
    .description(
      'Set the grant of a user: the limit on the scopes of all keys and JWTs of the user.',
    )
    .addOption(scopesOption('the new grant, separated by commas; "" for no scope'))
    .addOption(
      new Option(
        '--no-ceiling',
        'remove the ceiling: the issuer decides which scopes the user has, except administrative ones',
      ).conflicts('scopes'),
    )
    .option('--issuer <issuer>', 'the issuer of the user, if several issuers have that subject')
    .option('--dry-run', 'change nothing, and list the keys that would lose scopes')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (idOrSubject: string, options: Options) => {
      if (options.ceiling && options.scopes === undefined) {
        throw new UsageError('The grant is missing. Set it with --scopes a,b or --no-ceiling.')
      }
      await context.withDatabase(loadConfig(context.environment), async (database) => {
        const { users: store, catalogue } = database
        const granted = options.ceiling
          ? requireDistinctScopes('scopes', options.scopes ?? [])
          : null
        if (granted !== null) requireInCatalogue('scopes', granted, catalogue)
        const found = await findUser(store, idOrSubject, options.issuer)
        if (options.dryRun === true) {
          const affected = ofUser(found, toGrant(found, granted), new Date(context.now()))
          answerConsequences(context, options, await readConsequences(database, affected))
          return
        }
        const user = requireUser(await store.setScopes(found.id, granted, operator), idOrSubject)
        answer(
          context,
          options,
          { user: userView(user) },
          () => `The grant of ${user.subject} is now: ${scopeText(user.scopes)}\n`,
        )
      })
    })
}

const examples = `
Examples:
  $ latchkey users grant ada --scopes read:users,read:keys,write:keys
  $ latchkey users grant ada --scopes read:keys --dry-run
  $ latchkey users grant ada --no-ceiling`
