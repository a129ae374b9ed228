import { expect, it } from 'vitest'
import { ChangeSubscribers } from '../../src/credentials/change-subscribers.ts'

it('calls the listeners of the key or user that changed, until they end', () => {
  const subscribers = new ChangeSubscribers()
  const called: string[] = []
  const endAda = subscribers.subscribe(['ada', 'key'], () => called.push('ada'))
  subscribers.subscribe(['bob'], () => {
    called.push('bob')
    endAda()
  })
  subscribers.changed({ kind: 'user', id: 'ada' })
  subscribers.changed({ kind: 'key', id: 'key' })
  subscribers.changed({ kind: 'key', id: 'another' })
  expect(called).toEqual(['ada', 'ada'])
  subscribers.changed({ kind: 'user', id: 'bob' })
  subscribers.changed({ kind: 'key', id: 'key' })
  subscribers.changed({ kind: 'everything' })
  expect(called).toEqual(['ada', 'ada', 'bob'])
})
