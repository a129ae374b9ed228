import { type Command, Option } from 'commander'
import { operator } from '../audit/actor.ts'
import { loadConfig } from '../config.ts'
import { requireDistinctScopes, requireInCatalogue } from '../scope-rules.ts'
import type { CommandContext } from './command-context.ts'
import { UsageError } from './exit-codes.ts'
import { findUser, requireUser } from './find-user.ts'
import { parseList } from './option-values.ts'
import { answer, scopeText } from './output.ts'
import { userView } from './views.ts'

interface Options {
  readonly scopes?: readonly string[]
  /** `false` by `--no-ceiling`. */
  readonly ceiling: boolean
  readonly issuer?: string
  readonly json?: boolean
}

export function addUsersGrant(users: Command, context: CommandContext): void {
  users
    .command('grant <user>')
    .description('Set what a user holds: the ceiling over all of their keys and tokens.')
    .option(
      '--scopes <scopes>',
      'all that they hold from now on, a comma list; "" for none',
      parseList,
    )
    .addOption(
      new Option(
        '--no-ceiling',
        'no ceiling of ours: the issuer decides (administrative scopes excepted)',
      ).conflicts('scopes'),
    )
    .option('--issuer <issuer>', 'of the user, where several have that subject')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(async (idOrSubject: string, options: Options) => {
      if (options.ceiling && options.scopes === undefined) {
        throw new UsageError('Say what is granted: --scopes a,b or --no-ceiling.')
      }
      const config = loadConfig(context.environment)
      const user = await context.withDatabase(config, async ({ users: store, catalogue }) => {
        const granted = options.ceiling
          ? requireDistinctScopes('scopes', options.scopes ?? [])
          : null
        if (granted !== null) requireInCatalogue('scopes', granted, catalogue)
        const { id } = await findUser(store, idOrSubject, options.issuer)
        return requireUser(await store.setScopes(id, granted, operator), idOrSubject)
      })
      answer(
        context,
        options,
        { user: userView(user) },
        () => `${user.subject} holds ${scopeText(user.scopes)} from now on.\n`,
      )
    })
}

const examples = `
Examples:
  $ latchkey users grant ada --scopes read:users,read:keys,write:keys
  $ latchkey users grant ada --no-ceiling`
