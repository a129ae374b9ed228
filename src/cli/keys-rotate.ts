import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { previousSecret } from '../keys/api-key.ts'
import type { CommandContext } from './command-context.ts'
import { TargetNotFoundError } from './exit-codes.ts'
import { refuseWholeKey } from './key-id.ts'
import { durationOrZero } from './option-values.ts'
import { answer, dateTime } from './output.ts'
import { keyView } from './views.ts'

interface Options {
  readonly gracePeriod?: number
  readonly force?: boolean
  readonly json?: boolean
}

export function addKeysRotate(keys: Command, context: CommandContext): void {
  keys
    .command('rotate <id>')
    .description('Give an API key a new secret and print it. The key is shown only once.')
    .option(
      '--grace-period <duration>',
      'how long the previous secret works, such as 1h or 7d, at most 30d; 0 ends it at once (default: 24h)',
      durationOrZero,
    )
    .option('--force', 'rotate even in the grace period of the last rotation, which then ends')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (id: string, options: Options) => {
      refuseWholeKey(id)
      const { apiKey, secret } = await context.withDatabase(
        loadConfig(context.environment),
        async ({ keys: store, rotateKey }) => {
          if ((await store.find(id)) === null) throw new TargetNotFoundError('API key', id)
          const { gracePeriod: gracePeriodSeconds, force } = options
          return await rotateKey({ id, gracePeriodSeconds, force })
        },
      )
      const now = new Date(context.now())
      const previousExpiresAt = previousSecret(apiKey, now)?.expiresAt ?? null
      const json = { key: secret, apiKey: keyView(apiKey, now), previousExpiresAt }
      answer(context, options, json, () => `${secret}\n`)
      const previous =
        previousExpiresAt === null
          ? 'The previous secret no longer works.'
          : `The previous secret works until ${dateTime(previousExpiresAt)}.`
      context.note(`Rotated key ${apiKey.id}. ${previous} The new key is not shown again.\n`)
    })
}

const examples = `
Only the key goes to standard output, so that it can be piped into a secret store.

Examples:
  $ latchkey keys rotate 4fQ1Zs0bKx8TtYv2
  $ latchkey keys rotate 4fQ1Zs0bKx8TtYv2 --grace-period 0 --force --json`
