import type { Command } from 'commander'
import { operator } from '../audit/actor.ts'
import { loadConfig } from '../config.ts'
import type { Node, NodeAnswers } from '../db/nodes.ts'
import type { ApiKey } from '../keys/api-key.ts'
import { ofUser } from '../keys/predictor.ts'
import { optionalText, reasonRule } from '../text-rules.ts'
import type { CommandContext } from './command-context.ts'
import { answerConsequences, readConsequences } from './dry-run.ts'
import { TargetNotFoundError } from './exit-codes.ts'
import { refuseWholeKey } from './key-id.ts'
import { answer, dateTime, onOneLine } from './output.ts'
import { keyView } from './views.ts'

interface Options {
  readonly reason?: string
  readonly wait?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

export function addKeysRevoke(keys: Command, context: CommandContext): void {
  keys
    .command('revoke <id>')
    .description('Revoke an API key and all keys created with it. A revocation cannot be undone.')
    .option('--reason <text>', 'the reason, for the owner and the audit trail')
    .option(
      '--wait',
      'wait until every node has confirmed that it refuses the keys, for at most MAX_STALENESS_MS',
    )
    .option('--dry-run', 'change nothing, and list the keys that would stop working')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(async (id: string, options: Options) => {
      refuseWholeKey(id)
      const now = new Date(context.now())
      const reason = optionalText('reason', options.reason, reasonRule)
      if (options.dryRun === true) return await predict(context, id, options)
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
          ...[key, ...descendants].map((revoked) => revocationLine(revoked, now)),
          ...(nodes === null ? [] : nodeLines(nodes, isRevokedAt(key, now))),
        ].join(''),
      )
    })
}

async function predict(context: CommandContext, id: string, options: Options): Promise<void> {
  await context.withDatabase(loadConfig(context.environment), async (database) => {
    const key = await database.keys.find(id)
    const owner = key && (await database.users.find(key.ownerId))
    if (!key || !owner) throw new TargetNotFoundError('API key', id)
    const affected = ofUser(owner, { kind: 'stop' }, new Date(context.now()))
    const consequences = await readConsequences(database, { ...affected, keyId: key.id })
    answerConsequences(context, options, consequences)
  })
}

/** Whether this command has revoked the key. */
function isRevokedAt({ revokedAt }: ApiKey, now: Date): boolean {
  return revokedAt?.getTime() === now.getTime()
}

/** A key that was revoked before keeps the time and the reason of that revocation. */
function revocationLine(key: ApiKey, now: Date): string {
  const { id, name, revokedAt, revokedReason } = key
  if (isRevokedAt(key, now)) return `Revoked ${id} (${name}).\n`
  const reason = revokedReason === null ? 'without a reason' : `reason: ${onOneLine(revokedReason)}`
  return `${id} (${name}) has been revoked since ${dateTime(revokedAt)} (${reason}). Nothing was changed.\n`
}

/** Names the nodes that confirmed, and explains why the others refuse the key too. */
function nodeLines(
  { answered, unanswered, listed, milliseconds }: NodeAnswers,
  revokedNow: boolean,
): string[] {
  if (!listed) {
    return [
      `The nodes could not be asked. Every node refuses the key: ${milliseconds} ms have passed, the staleness bound.\n`,
    ]
  }
  if (answered.length + unanswered.length === 0) return ['No node is running.\n']
  return [
    ...answered.map((node) => `Refused by ${nameOf(node)}.\n`),
    ...unanswered.map(
      (node) =>
        `No answer from ${nameOf(node)}. It refuses the key too: its staleness bound of ${node.maxStalenessMs} ms has passed.\n`,
    ),
    ...(answered.length === 0
      ? [
          'No node answered. If DATABASE_URL leads to a pooler, set DATABASE_LISTEN_URL to a direct connection.\n',
        ]
      : []),
    revokedNow
      ? `Every node refuses the key, ${milliseconds} ms after the revocation.\n`
      : `Every node refuses the key. Asking them took ${milliseconds} ms.\n`,
  ]
}

function nameOf({ host, pid }: Node): string {
  return onOneLine(`${host}, process ${pid}`)
}

const examples = `
Examples:
  $ latchkey keys revoke 4fQ1Zs0bKx8TtYv2
  $ latchkey keys revoke 4fQ1Zs0bKx8TtYv2 --dry-run
  $ latchkey keys revoke 4fQ1Zs0bKx8TtYv2 --reason "found in a log" --wait`
