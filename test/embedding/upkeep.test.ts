import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startUpkeep } from '../../src/embedding/upkeep.ts'
import { createLogger } from '../../src/log.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function upkeep(tasks: Record<string, () => Promise<unknown>>, random = 0.5) {
  const logged: string[] = []
  const log = createLogger({ level: 'warn', destination: { write: (line) => logged.push(line) } })
  return { logged, ...startUpkeep({ tasks, log, intervalMs: 1000, random: () => random }) }
}

test('runs every task repeatedly, at the interval plus or minus half of it', async () => {
  for (const [random, first] of [
    [0, 500],
    [0.5, 1000],
    [0.999, 1499],
  ] as const) {
    let runs = 0
    const { close } = upkeep({ task: async () => runs++ }, random)
    await vi.advanceTimersByTimeAsync(first - 1)
    expect(runs).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(runs).toBe(1)
    await vi.advanceTimersByTimeAsync(10 * first)
    expect(runs).toBe(11)
    await close()
    await vi.advanceTimersByTimeAsync(10 * first)
    expect(runs).toBe(11)
  }
})

test('logs a task that fails, runs the others, and tries it again', async () => {
  let others = 0
  let attempts = 0
  const { run, logged, close } = upkeep({
    broken: async () => {
      attempts++
      throw new Error('no database')
    },
    other: async () => others++,
  })
  await run()
  await run()
  expect([attempts, others]).toEqual([2, 2])
  expect(JSON.parse(logged[0] ?? '')).toMatchObject({ level: 'warn', task: 'broken' })
  await close()
})

test('waits for the current round when it is closed', async () => {
  let finish = () => {}
  const slow = new Promise<void>((resolve) => {
    finish = resolve
  })
  const { run, close } = upkeep({ slow: () => slow })
  void run()
  let closed = false
  const closing = close().then(() => {
    closed = true
  })
  await vi.advanceTimersByTimeAsync(0)
  expect(closed).toBe(false)
  finish()
  await closing
})
