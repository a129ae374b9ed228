import { type Command, Option } from 'commander'
import { loadConfig } from '../config.ts'
import type { JsonObject } from '../json.ts'
import type { CommandContext } from './command-context.ts'
import { createdKeyNotes, createdKeyView } from './created-key.ts'
import { findUser } from './find-user.ts'
import { durationSeconds, jsonObject, timeValue } from './option-values.ts'
import { answer } from './output.ts'
import { acceptScope, scopesOption } from './scopes-option.ts'

interface Options {
  readonly owner: string
  readonly issuer?: string
  readonly name: string
  readonly description?: string
  readonly scopes: readonly string[]
  readonly expiresIn?: number
  readonly expiresAt?: Date
  readonly metadata?: JsonObject
  readonly json?: boolean
}

export function addKeysCreate(keys: Command, context: CommandContext): void {
  acceptScope(keys.command('create'))
    .description('Create an API key for a user and print it. The key is shown only once.')
    .requiredOption('--owner <user>', 'the owner of the key: id or subject of a user')
    .option('--issuer <issuer>', 'the issuer of the owner, if several issuers have that subject')
    .requiredOption('--name <name>', 'a name for the key, such as its purpose')
    .addOption(
      scopesOption(
        'the scopes of the key, separated by commas; may be repeated',
      ).makeOptionMandatory(),
    )
    .option('--description <text>', 'a longer description')
    .option(
      '--expires-in <duration>',
      'the lifetime of the key, such as 90d or 12h (default: no expiry, or KEY_MAX_LIFETIME_DAYS)',
      durationSeconds,
    )
    .addOption(
      new Option(
        '--expires-at <time>',
        'the expiry of the key, such as 2027-01-31 (its beginning in UTC) or 2027-01-31T12:00:00Z',
      )
        .argParser(timeValue)
        .conflicts('expiresIn'),
    )
    .option('--metadata <json>', 'a JSON object that is stored with the key', jsonObject)
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const now = context.now()
      const created = await context.withDatabase(
        loadConfig(context.environment),
        async ({ users, createKey }) => {
          const owner = await findUser(users, options.owner, options.issuer)
          const { expiresIn, expiresAt = null } = options
          const issued = await createKey(owner.id, {
            name: options.name,
            description: options.description,
            scopes: options.scopes,
            metadata: options.metadata,
            expiresAt: expiresIn === undefined ? expiresAt : new Date(now + expiresIn * 1000),
          })
          return { ...issued, owner }
        },
      )
      answer(context, options, createdKeyView(created, new Date(now)), () => `${created.secret}\n`)
      context.note(createdKeyNotes(created))
    })
}

const examples = `
Only the key goes to standard output, so that it can be piped into a secret store.

Examples:
  $ latchkey keys create --owner ada --name ci --scopes read:users --expires-in 90d
  $ latchkey keys create --owner ada --name ci --scopes read:users,read:keys \\
    --expires-at 2027-01-31 --metadata '{"team":"billing"}' --json`
