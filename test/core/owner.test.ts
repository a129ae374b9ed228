import { expect, test } from 'vitest'
import { isSameOwner, ownerIdOf, ownerOf, userOwner } from '../../src/owner.ts'

test('a principal stands for the user of its row', () => {
  const owner = ownerOf({ userId: 'ada' })
  expect([owner, ownerIdOf(owner)]).toEqual([{ kind: 'USER', userId: 'ada' }, 'ada'])
})

test('two owners are the same where kind and id are', () => {
  expect(isSameOwner(userOwner('ada'), userOwner('ada'))).toBe(true)
  expect(isSameOwner(userOwner('ada'), userOwner('grace'))).toBe(false)
})
