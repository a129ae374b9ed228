import type { Command } from 'commander'
import { operator } from '../audit/actor.ts'
import { loadConfig } from '../config.ts'
import type { Node, NodeAnswers } from '../db/nodes.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import type { CommandContext } from './command-context.ts'
import { TargetNotFoundError } from './exit-codes.ts'
import { answer, onOneLine } from './output.ts'
import { keyView } from './views.ts'

interface Options {
  readonly reason?: string
  readonly wait?: boolean
  readonly json?: boolean
}

export function addKeysRevoke(keys: Command, context: CommandContext): void {
  keys
    .command('revoke <id>')
    .description('Revoke an API key and those made with it. It cannot be undone.')
    .option('--reason <text>', 'why, for the owner and the audit trail')
    .option('--wait', 'until every node refuses them: as they say, or for MAX_STALENESS_MS at most')
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(async (id: string, options: Options) => {
      const now = new Date(context.now())
      const reason = optionalText('reason', options.reason, reasonRule)
      const { key, descendants, nodes } = await context.withDatabase(
        loadConfig(context.environment),
        async ({ keys: store, awaitNodes }) => {
          const revocation = await store.revoke(id, reason, now, operator)
          if (revocation === null) throw new TargetNotFoundError('API key', id)
          return { ...revocation, nodes: options.wait === true ? await awaitNodes() : null }
        },
      )
      const json = {
        apiKey: keyView(key, now),
        descendants: descendants.map((descendant) => keyView(descendant, now)),
        ...(nodes !== null && { nodes }),
      }
      answer(context, options, json, () =>
        [
          ...[key, ...descendants].map(({ id, name }) => `Revoked ${id} (${name}).\n`),
          ...(nodes === null ? [] : nodeLines(nodes)),
        ].join(''),
      )
    })
}

/** Which nodes said that they refuse it, and why the others do too. */
function nodeLines({ answered, unanswered, listed, milliseconds }: NodeAnswers): string[] {
  if (!listed) {
    return [`The nodes could not be asked; ${milliseconds} ms later every one refuses it.\n`]
  }
  if (answered.length + unanswered.length === 0) return ['No node is running.\n']
  return [
    ...answered.map((node) => `Refused by ${nameOf(node)}.\n`),
    ...unanswered.map(
      (node) =>
        `No answer from ${nameOf(node)}; it uses nothing older than ${node.maxStalenessMs} ms, so it refuses it too.\n`,
    ),
    ...(answered.length === 0
      ? [
          'Where DATABASE_URL is a pooler, no answer can be heard: set DATABASE_LISTEN_URL to a direct connection.\n',
        ]
      : []),
    `Every node refuses it, ${milliseconds} ms after it was revoked.\n`,
  ]
}

function nameOf({ host, pid }: Node): string {
  return onOneLine(`${host}, process ${pid}`)
}

const examples = `
Examples:
  $ latchkey keys revoke 4fQ1Zs0bKx8TtYv2
  $ latchkey keys revoke 4fQ1Zs0bKx8TtYv2 --reason "found in a log" --wait`
