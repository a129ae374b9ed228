import { expect, it } from 'vitest'
import { Turns } from '../../src/turns.ts'

it('the first part begins at once, each other in a turn of its own after the one before', async () => {
  const turns = new Turns()
  const seen: string[] = []
  let isOver = false
  const others = () => {
    seen.push('others')
    if (!isOver) setImmediate(others)
  }
  const parts = [1, 2, 3].map((part) =>
    turns.take(async () => {
      seen.push(`part ${part}`)
      if (part === 2) throw new Error('failed')
      return part
    }),
  )
  expect(seen).toEqual(['part 1'])
  setImmediate(others)
  const results = await Promise.allSettled(parts)
  isOver = true
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  const [second, third] = ['part 2', 'part 3'].map((part) => seen.indexOf(part))
  expect(seen.slice(second, third)).toContain('others')
})
