import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { noPepper, pepperFingerprint } from '../credentials/pepper-fingerprint.ts'
import type { PepperUsage } from '../keys/peppers.ts'
import type { CommandContext } from './command-context.ts'
import { answer, dateTime, table } from './output.ts'

interface Options {
  readonly json?: boolean
}

interface PepperView extends PepperUsage {
  /** In KEY_PEPPER, from 1; `null`: not there. */
  readonly position: number | null
  readonly removable: boolean
  readonly note: string
}

export function addKeysPeppers(keys: Command, context: CommandContext): void {
  keys
    .command('peppers')
    .description(
      'Show which peppers keys are stored under, by fingerprint, and which may be removed from KEY_PEPPER.',
    )
    .option('--json', 'answer in JSON')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      const config = loadConfig(context.environment)
      const configured = config.keyPeppers.map(pepperFingerprint)
      const usage = await context.withDatabase(config, ({ peppers }) =>
        peppers.usage(configured, new Date(context.now())),
      )
      const peppers = viewsOf(usage, configured)
      answer(context, options, { peppers }, () => pepperTable(peppers))
    })
}

/** Those configured first, in their order; then those that are not. */
function viewsOf(usage: readonly PepperUsage[], configured: readonly string[]): PepperView[] {
  const used = (fingerprint: string | null) => usage.find((one) => one.fingerprint === fingerprint)
  const rest = usage.filter(({ fingerprint }) => !configured.includes(fingerprint ?? noPepper))
  const unknown = secretsOf(used(null) ?? unused(null))
  return [
    ...configured.map((fingerprint) => used(fingerprint) ?? unused(fingerprint)),
    ...rest,
  ].map((one) => {
    const index = configured.indexOf(one.fingerprint ?? noPepper)
    const removable = index > 0 && secretsOf(one) + unknown === 0
    const position = index < 0 ? null : index + 1
    return { ...one, position, removable, note: noteOn(one, index, unknown) }
  })
}

function noteOn(one: PepperUsage, index: number, unknown: number): string {
  if (one.fingerprint === null) {
    return 'stored before there were fingerprints: under any pepper or none'
  }
  if (one.fingerprint === noPepper) return 'stored without a pepper'
  if (index < 0) return 'not configured: put it back into KEY_PEPPER, or revoke these keys'
  if (index === 0) return 'hashes new secrets'
  if (secretsOf(one) > 0) return 'needed: a key is hashed again when it is next used'
  return unknown === 0
    ? 'may be removed: no key is stored under it'
    : 'needed: keys without a fingerprint may be stored under it'
}

function secretsOf({ keys, previousSecrets }: PepperUsage): number {
  return keys + previousSecrets
}

function unused(fingerprint: string | null): PepperUsage {
  return { fingerprint, keys: 0, previousSecrets: 0, lastUsedAt: null }
}

function pepperTable(peppers: readonly PepperView[]): string {
  if (peppers.length === 0) return 'No key is stored, and no pepper is configured.\n'
  const headings = ['FINGERPRINT', 'POSITION', 'KEYS', 'PREVIOUS SECRETS', 'LAST USED', 'NOTE']
  const rows = peppers.map((one) => [
    one.fingerprint === null ? '(unknown)' : one.fingerprint || '(none)',
    one.position === null ? '-' : String(one.position),
    String(one.keys),
    String(one.previousSecrets),
    dateTime(one.lastUsedAt),
    one.note,
  ])
  return table(headings, rows)
}

const examples = `
Keys that are revoked or expired do not count. Keys that change meanwhile may be counted twice or not
at all; that no key is stored under a pepper is exact.

Examples:
  $ latchkey keys peppers
  $ latchkey keys peppers --json`
