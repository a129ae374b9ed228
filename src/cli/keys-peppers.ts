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
  /** The position in KEY_PEPPER, from 1; `null`: not configured. */
  readonly position: number | null
  readonly removable: boolean
  readonly note: string
}

export function addKeysPeppers(keys: Command, context: CommandContext): void {
  keys
    .command('peppers')
    .description(
      'Show the peppers that stored keys are hashed under, by fingerprint, and which of them may be removed from KEY_PEPPER.',
    )
    .option('--json', 'print JSON')
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

/** Returns the configured peppers in their order, then the others that are in use. */
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
    return 'stored before fingerprints existed: any pepper or none'
  }
  if (one.fingerprint === noPepper) return 'stored without a pepper'
  if (index < 0) return 'not configured: add it to KEY_PEPPER again, or revoke these keys'
  if (index === 0) return 'hashes new secrets'
  if (secretsOf(one) > 0)
    return 'needed: each key is hashed with the first pepper when it is next used'
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
  if (peppers.length === 0) return 'No pepper is configured, and no key is stored.\n'
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
Revoked and expired keys do not count. Keys that change while this command runs may be counted twice
or not at all. The note that a pepper may be removed is exact.

Examples:
  $ latchkey keys peppers
  $ latchkey keys peppers --json`
