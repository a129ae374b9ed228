import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import type { ApiKeyStatus } from '../keys/api-key.ts'
import type { CommandContext } from './command-context.ts'
import { findUser } from './find-user.ts'
import { limit, statusOption } from './option-values.ts'
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
    .requiredOption('--owner <user>', 'the owner of the keys: id or subject of a user')
    .option('--issuer <issuer>', 'the issuer of the owner, if several issuers have that subject')
    .addOption(statusOption('only keys with this status', ['active', 'expired', 'revoked']))
    .option('--limit <count>', 'the maximum number of keys, 1 to 1000', limit, 100)
    .option('--json', 'print JSON')
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
      if (page.more) context.note('There are more keys. Raise --limit to see them.\n')
    })
}

const examples = `
Examples:
  $ latchkey keys list --owner ada
  $ latchkey keys list --owner ada --status active --json`
