import { expect, it } from 'vitest'
import { Turns } from '../../src/turns.ts'

it('the first part begins at once, each other in a turn of the event loop of its own', async () => {
  const turns = new Turns()
  expect(turns.next()).toBeUndefined()
  const seen: string[] = []
  let isOver = false
  const others = () => {
    seen.push('others')
    if (!isOver) setImmediate(others)
  }
  const parts = [1, 2, 3].map((part) => turns.next()?.then(() => seen.push(`part ${part}`)))
  setImmediate(others)
  await Promise.all(parts)
  isOver = true
  for (const [first, second] of [
    ['part 1', 'part 2'],
    ['part 2', 'part 3'],
  ]) {
    const between = seen.slice(seen.indexOf(first as string) + 1, seen.indexOf(second as string))
    expect(between).toContain('others')
  }
})
