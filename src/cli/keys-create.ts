import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import type { JsonObject } from '../json.ts'
import type { CommandContext } from './command-context.ts'
import { findUser } from './find-user.ts'
import { durationSeconds, jsonObject, parseList } from './option-values.ts'
import { answer, dateTime } from './output.ts'
import { keyView } from './views.ts'

interface Options {
  readonly owner: string
  readonly issuer?: string
  readonly name: string
  readonly description?: string
  readonly scope: readonly string[]
  readonly expiresIn?: number
  readonly metadata?: JsonObject
  readonly json?: boolean
}

export function addKeysCreate(keys: Command, context: CommandContext): void {
  keys
    .command('create')
    .description('Make an API key for a user and print it, this once.')
    .requiredOption('--owner <user>', 'whose key: id or subject')
    .option('--issuer <issuer>', 'of the owner, where several have that subject')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption(
      '--scope <scopes>',
      'what it may do; repeat it or separate by commas',
      parseList,
    )
    .option('--description <text>', 'more about it')
    .option('--expires-in <duration>', 'how long it lives, such as 90d', durationSeconds)
    .option('--metadata <json>', 'a JSON object kept with it', jsonObject)
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const now = context.now()
      const { apiKey, secret } = await context.withDatabase(
        loadConfig(context.environment),
        async ({ users, createKey }) => {
          const { id } = await findUser(users, options.owner, options.issuer)
          const { expiresIn } = options
          return await createKey(id, {
            name: options.name,
            description: options.description,
            scopes: options.scope,
            metadata: options.metadata,
            expiresAt: expiresIn === undefined ? null : new Date(now + expiresIn * 1000),
          })
        },
      )
      const json = { key: secret, apiKey: keyView(apiKey, new Date(now)) }
      answer(context, options, json, () => `${secret}\n`)
      const expiry =
        apiKey.lineageExpiresAt === null ? '' : `, until ${dateTime(apiKey.lineageExpiresAt)}`
      context.note(`Key ${apiKey.id} was made${expiry}. It is shown only this once.\n`)
    })
}

const examples = `
The key alone goes to standard output, so that it can be put where it belongs.

Examples:
  $ latchkey keys create --owner ada --name ci --scope read:users --expires-in 90d
  $ latchkey keys create --owner ada --name ci --scope read:users,read:keys \\
    --metadata '{"team":"billing"}' --json`
