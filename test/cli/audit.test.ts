import { afterAll, beforeAll, expect, test } from 'vitest'
import { operator } from '../../src/audit/actor.ts'
import { withDatabase } from '../../src/cli/database.ts'
import { commandsOnDatabase } from './on-database.ts'
import { run } from './run.ts'

let commands: Awaited<ReturnType<typeof commandsOnDatabase>>

beforeAll(async () => {
  commands = await commandsOnDatabase()
  await commands.user('ada')
  await commands.user('grace')
})
afterAll(() => commands.close())

test('shows events, oldest first', async () => {
  const { code, out } = await commands.run('audit')
  expect(code).toBe(0)
  const lines = out.trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT.*Z {2}user\.created {2}\S+ {2}- {2}\{.*"ada".*\}$/)
  expect(lines[1]).toContain('"grace"')
})

test('prints JSON, with the latest events up to the limit', async () => {
  const { out } = await commands.run('audit', '--json', '--limit', '1')
  const { events, more } = JSON.parse(out)
  expect(events).toHaveLength(1)
  expect(more).toBe(true)
  expect(events[0]).toMatchObject({
    type: 'user.created',
    actor: { issuer: null, subject: null, credentialKind: null, credentialId: null },
    targetType: 'user',
    details: { subject: 'grace' },
    requestId: null,
  })
})

test('shows only the events that match the filters', async () => {
  const user = await commands.user('bob')
  await commands.users.setStatus(user.id, 'SUSPENDED', 'left', operator)
  const types = async (...options: string[]) => {
    const { out } = await commands.run('audit', '--json', ...options)
    return JSON.parse(out).events.map(({ type }: { type: string }) => type)
  }
  expect(await types('--target', user.id)).toEqual(['user.created', 'user.suspended'])
  expect(await types('--type', 'user.suspended,api_key.created')).toEqual(['user.suspended'])
  expect(await types('--actor', 'nobody')).toEqual([])
  expect(await types('--target', user.id, '--since', '1h')).toHaveLength(2)
  expect(await types('--since', '2990-01-01T00:00:00Z')).toEqual([])
})

test('says on standard error that no event matches', async () => {
  const { code, out, err } = await commands.run('audit', '--actor', 'nobody')
  expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'No event matches.\n' })
})

test.each(['yesterday', '2026-99-99', '-1h'])('refuses --since %j', async (since) => {
  expect((await commands.run('audit', '--since', since)).code).toBe(2)
})

test('--follow prints new events, each once, until a stop signal', async () => {
  let stop = () => {}
  const stopped = new Promise<void>((resolve) => {
    stop = resolve
  })
  const lines: string[] = []
  const subjects = () => lines.map((line) => JSON.parse(line).details.subject)
  const made: Promise<unknown>[] = []
  const { code } = await run(
    ['audit', '--follow', '--json', '--limit', '2', '--type', 'user.created'],
    {
      environment: { DATABASE_URL: commands.url },
      withDatabase,
      now: Date.now,
      stopSignal: () => stopped,
      out: (line) => {
        lines.push(line)
        if (lines.length === 2) made.push(commands.user('late'))
        if (lines.length === 3) made.push(commands.user('later'))
        if (lines.length === 4) stop()
      },
    },
  )
  await Promise.all(made)
  expect(code).toBe(0)
  expect(subjects()).toEqual(['grace', 'bob', 'late', 'later'])
})

test('--follow stops when the reader closes the output', async () => {
  const { code } = await run(['audit', '--follow'], {
    environment: { DATABASE_URL: commands.url },
    withDatabase,
    now: Date.now,
    stopSignal: () => new Promise(() => {}),
    outputClosed: Promise.resolve(),
  })
  expect(code).toBe(0)
})
