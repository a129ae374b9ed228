import { expect, it } from 'vitest'
import { groupScopes, isReading } from '../../src/web/keys/create/scope-groups.ts'

const scopes = (...names: string[]) =>
  names.map((name) => ({ name, description: '', fields: [] as string[] }))

it('groups scopes by what they are about, wherever the verb stands', () => {
  const groups = groupScopes(
    scopes('read:users', 'orders:write', 'write:users', 'orders.read', 'admin'),
    new Set(),
    'Others',
  )
  expect(groups.map(({ name, scopes }) => [name, scopes.map((scope) => scope.name)])).toEqual([
    ['Users', ['read:users', 'write:users']],
    ['Orders', ['orders:write', 'orders.read']],
    ['Others', ['admin']],
  ])
})

it('begins with the groups of which the person holds a scope', () => {
  const groups = groupScopes(
    scopes('read:a', 'read:b', 'write:a', 'c'),
    new Set(['read:b', 'c']),
    'Others',
  )
  expect(groups.map(({ name }) => name)).toEqual(['B', 'Others', 'A'])
})

it('recognizes scopes that only read', () => {
  expect(['read:users', 'orders.read', 'list-items'].every(isReading)).toBe(true)
  expect(['write:users', 'spreadsheets:write', 'thread'].some(isReading)).toBe(false)
})
