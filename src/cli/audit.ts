import { type Command, InvalidArgumentError } from 'commander'
import { type AuditEvent, eventTypes } from '../audit/event.ts'
import type { AuditEventFilter, AuditStore } from '../audit/store.ts'
import { loadConfig } from '../config.ts'
import type { CommandContext } from './command-context.ts'
import { refuseWholeKey } from './key-id.ts'
import { durationSeconds, limit, parseList, timeValue } from './option-values.ts'
import { answer, auditLine, jsonText } from './output.ts'

interface Options {
  readonly follow?: boolean
  readonly type?: readonly string[]
  readonly actor?: string
  readonly target?: string
  readonly since?: Date
  readonly limit: number
  readonly json?: boolean
}

/** The interval in milliseconds at which `--follow` reads new events. */
const pollInterval = 1_000
/** An event may become visible this long after later ones. Milliseconds. */
const overlap = 15_000

export function addAudit(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .description('Show the audit trail: the changes of users, grants and keys, oldest first.')
    .option('--follow', 'keep printing new events until interrupted')
    .option('--type <types>', 'only events of these types, separated by commas', typeList)
    .option('--actor <subject>', 'only events caused by the user with this subject')
    .option('--target <id>', 'only events about the user or API key with this id')
    .option(
      '--since <time>',
      'only events from this time on: 2026-03-01 (its beginning in UTC), 2026-03-01T12:00:00Z, or 2h for two hours ago',
      (text) => parseTime(text, context.now()),
    )
    .option(
      '--limit <count>',
      'the maximum number of events, the latest ones; 1 to 1000',
      limit,
      100,
    )
    .option('--json', 'print JSON; with --follow one object a line')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
      if (options.target !== undefined) refuseWholeKey(options.target)
      const filter: AuditEventFilter = {
        types: options.type ?? null,
        actorSubject: options.actor ?? null,
        targetId: options.target ?? null,
        since: options.since ?? null,
      }
      await context.withDatabase(loadConfig(context.environment), async ({ audit }) => {
        if (options.follow === true) await follow(audit, filter, options, context)
        else await show(audit, filter, options, context)
      })
    })
}

async function show(
  audit: Pick<AuditStore, 'list'>,
  filter: AuditEventFilter,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { rows, more } = await latest(audit, filter, options.limit)
  const events = [...rows].reverse()
  answer(context, options, { events, more }, () => events.map(auditLine).join(''))
  if (events.length === 0) context.note('No event matches.\n')
  if (more) context.note('There are earlier events. Raise --limit or set --since to see them.\n')
}

async function follow(
  audit: Pick<AuditStore, 'list'>,
  filter: AuditEventFilter,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const write = (event: AuditEvent) =>
    context.out(options.json === true ? `${jsonText(event)}\n` : auditLine(event))
  let stopped = false
  const stop = Promise.race([context.stopSignal(), context.outputClosed]).then(() => {
    stopped = true
  })

  const seen = new Map<string, Date>()
  const { rows } = await latest(audit, filter, options.limit)
  let newest: Date | null = rows[0]?.at ?? null
  for (const event of [...rows].reverse()) {
    seen.set(event.id, event.at)
    write(event)
  }
  while (!stopped) {
    // An event carries the time at which its transaction began and becomes visible at its commit, so
    // later events may become visible first.
    const since = later(filter.since ?? null, newest && new Date(newest.getTime() - overlap))
    for await (const event of oldestFirst(audit, { ...filter, since })) {
      if (seen.has(event.id)) continue
      seen.set(event.id, event.at)
      newest = later(newest, event.at)
      if (!beforeStart(event, rows, options)) write(event)
    }
    for (const [id, at] of seen) if (since !== null && at < since) seen.delete(id)
    await Promise.race([stop, sleep(pollInterval)])
  }
}

/** Whether the first page left the event out because of `--limit`. */
function beforeStart(event: AuditEvent, first: readonly AuditEvent[], options: Options): boolean {
  const oldest = first.at(-1)
  if (first.length < options.limit || oldest === undefined) return false
  return event.at < oldest.at || (event.at <= oldest.at && BigInt(event.id) < BigInt(oldest.id))
}

async function* oldestFirst(audit: Pick<AuditStore, 'list'>, filter: AuditEventFilter) {
  let before = null
  for (;;) {
    const page = await audit.list(filter, { limit: 500, after: null, before, fromEnd: true })
    yield* [...page.rows].reverse()
    const last = page.rows[0]
    if (!page.more || last === undefined) return
    before = { at: last.at, id: last.id }
  }
}

function latest(audit: Pick<AuditStore, 'list'>, filter: AuditEventFilter, count: number) {
  return audit.list(filter, { limit: count, after: null, before: null, fromEnd: false })
}

function later(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b
  return a > b ? a : b
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function typeList(text: string, before?: readonly string[]): readonly string[] {
  const types = parseList(text, before)
  const known: readonly string[] = eventTypes
  if (types.every((type) => known.includes(type))) return types
  throw new InvalidArgumentError(`The types are ${eventTypes.join(', ')}.`)
}

function parseTime(text: string, now: number): Date {
  try {
    return /^\d{4}-/.test(text) ? timeValue(text) : new Date(now - durationSeconds(text) * 1000)
  } catch {
    throw new InvalidArgumentError(
      'It must be a time such as 2026-03-01T12:00:00Z, or how long ago it was, such as 2h.',
    )
  }
}

const examples = `
Each line has the time, the type, the id of the target, the actor and the details. The actor - is an operator, who ran
a command or called from code.

Examples:
  $ latchkey audit --since 24h
  $ latchkey audit --follow --type api_key.created,api_key.revoked
  $ latchkey audit --target 4fQ1Zs0bKx8TtYv2 --json`
