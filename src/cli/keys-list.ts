import { type Command, Option } from 'commander'
import { loadConfig } from '../config.ts'
import type { ApiKeyStatus } from '../keys/api-key.ts'
import type { CommandContext } from './command-context.ts'
import { findUser } from './find-user.ts'
import { limit } from './option-values.ts'
import { answer } from './output.ts'
import { keyTable, keyView } from './views.ts'

interface Options {
  readonly owner: string
  readonly issuer?: string
  readonly status?: Lowercase<ApiKeyStatus>
  readonly limit: number
  readonly json?: boolean
}

export function addKeysList(keys: Command, context: CommandContext): void {
  keys
    .command('list')
    .description("List a user's API keys, newest first.")
    .requiredOption('--owner <user>', 'whose keys: id or subject')
    .option('--issuer <issuer>', 'of the owner, where several have that subject')
    .addOption(
      new Option('--status <status>', 'only those').choices(['active', 'expired', 'revoked']),
    )
    .option('--limit <count>', 'at most this many', limit, 100)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const now = new Date(context.now())
      const page = await context.withDatabase(
        loadConfig(context.environment),
        async ({ keys: store, users }) => {
          const { id } = await findUser(users, options.owner, options.issuer)
          const status = (options.status?.toUpperCase() ?? null) as ApiKeyStatus | null
          return await store.list(
            { ownerId: id, status, now },
            { limit: options.limit, after: null, before: null, fromEnd: false },
          )
        },
      )
      const json = { keys: page.rows.map((key) => keyView(key, now)), more: page.more }
      answer(context, options, json, () => keyTable(page.rows, now))
      if (page.more) context.note('There are more: raise --limit.\n')
    })
}

const examples = `
Examples:
  $ latchkey keys list --owner ada
  $ latchkey keys list --owner ada --status active --json`
