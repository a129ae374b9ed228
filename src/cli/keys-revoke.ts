import type { Command } from 'commander'
import { operator } from '../audit/actor.ts'
import { loadConfig } from '../config.ts'
import { optionalText } from '../text-rules.ts'
import type { CommandContext } from './command-context.ts'
import { NothingThereError } from './exit-codes.ts'
import { answer } from './output.ts'
import { keyView } from './views.ts'

interface Options {
  readonly reason?: string
  readonly json?: boolean
}

export function addKeysRevoke(keys: Command, context: CommandContext): void {
  keys
    .command('revoke <id>')
    .description('Revoke an API key and those made with it. It cannot be undone.')
    .option('--reason <text>', 'why, for the owner and the audit trail')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(async (id: string, options: Options) => {
      const now = new Date(context.now())
      const reason = optionalText('reason', options.reason, { maxLength: 500, multiline: true })
      const revocation = await context.withDatabase(
        loadConfig(context.environment),
        async ({ keys: store }) => await store.revoke(id, reason, now, operator),
      )
      if (revocation === null) throw new NothingThereError('API key', id)
      const { key, descendants } = revocation
      const json = {
        apiKey: keyView(key, now),
        descendants: descendants.map((descendant) => keyView(descendant, now)),
      }
      answer(context, options, json, () =>
        [key, ...descendants]
          .map((revoked) => `Revoked ${revoked.id} (${revoked.name}).\n`)
          .join(''),
      )
    })
}

const examples = `
Examples:
  $ latchkey keys revoke 4fQ1Zs0bKx8TtYv2
  $ latchkey keys revoke 4fQ1Zs0bKx8TtYv2 --reason "found in a log"`
