import { type Command, InvalidArgumentError } from 'commander'
import type { AuditEvent } from '../audit/event.ts'
import type { AuditEventFilter, AuditStore } from '../audit/store.ts'
import { loadConfig } from '../config.ts'
import type { CommandContext } from './command-context.ts'
import { durationSeconds, limit, parseList } from './option-values.ts'
import { answer, auditLine } from './output.ts'

interface Options {
  readonly follow?: boolean
  readonly type?: readonly string[]
  readonly actor?: string
  readonly target?: string
  readonly since?: Date
  readonly limit: number
  readonly json?: boolean
}

/** How often `--follow` looks, and how late an event may become visible behind later ones. Milliseconds. */
const pollInterval = 1_000
const overlap = 15_000

export function addAudit(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .description('Show what happened to users, grants and keys, oldest first.')
    .option('--follow', 'go on with what happens from now on, until interrupted')
    .option('--type <types>', 'only those, a comma list', parseList)
    .option('--actor <subject>', 'only what that subject did')
    .option('--target <id>', 'only what happened to that user or API key')
    .option(
      '--since <time>',
      'from then on: 2026-03-01T12:00:00Z, or 2h for two hours ago',
      (text) => parseTime(text, context.now()),
    )
    .option('--limit <count>', 'at most so many, the latest', limit, 100)
    .option('--json', 'answer in JSON; with --follow an object a line')
    .addHelpText('after', examples)
    .action(async (options: Options) => {
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
  if (more) context.note('There are more before: raise --limit.\n')
}

async function follow(
  audit: Pick<AuditStore, 'list'>,
  filter: AuditEventFilter,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const write = (event: AuditEvent) =>
    context.out(options.json === true ? `${JSON.stringify(event)}\n` : auditLine(event))
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
    // A change shows when it commits, with the time at which it began: later ones may show before it.
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

/** Whether it was left out at the start, being beyond `--limit`. */
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

function parseTime(text: string, now: number): Date {
  const date = /^\d{4}-\d\d-\d\d/.test(text)
    ? new Date(text)
    : new Date(now - durationSeconds(text) * 1000)
  if (Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('It must be a time such as 2026-03-01T12:00:00Z, or 2h.')
  }
  return date
}

const examples = `
Examples:
  $ latchkey audit --since 24h
  $ latchkey audit --follow --type api_key.created,api_key.revoked
  $ latchkey audit --target 4fQ1Zs0bKx8TtYv2 --json`
