import { describe, expect, it } from 'vitest'
import { ServiceUnavailableError } from '../../src/errors.ts'
import type { KeyChangeKind } from '../../src/keys/key-events.ts'
import { PendingChanges } from '../../src/keys/pending-changes.ts'

const event = (keyId: string, kind: KeyChangeKind) => ({ ownerId: 'ada', keyId, kind })
const tooSlow = new ServiceUnavailableError()
const pending = () => new PendingChanges(3, () => tooSlow)

describe('the changes that a reader has not taken', () => {
  it('are taken in order, and awaited', async () => {
    const changes = pending()
    const first = changes.take()
    changes.add(event('a', 'USED'))
    changes.add(event('b', 'CREATED'))
    changes.add(event('c', 'USED'))
    expect(await first).toEqual(event('a', 'USED'))
    expect(await changes.take()).toEqual(event('b', 'CREATED'))
    expect(await changes.take()).toEqual(event('c', 'USED'))
  })

  it('become one for each key, with the most important kind', async () => {
    const changes = pending()
    changes.add(event('a', 'CREATED'))
    changes.add(event('b', 'UPDATED'))
    changes.add(event('a', 'UPDATED'))
    changes.add(event('b', 'REVOKED'))
    changes.add(event('b', 'USED'))
    expect(await changes.take()).toEqual(event('a', 'CREATED'))
    expect(await changes.take()).toEqual(event('b', 'REVOKED'))
  })

  it('are bounded: the stream of a reader that takes none ends', async () => {
    const changes = pending()
    for (const id of ['a', 'b', 'c', 'd', 'e']) changes.add(event(id, 'USED'))
    expect(await changes.take()).toEqual({ error: tooSlow })
    expect(await changes.take()).toBeNull()
  })

  it('end once, for every waiting reader', async () => {
    const changes = pending()
    const waiting = [changes.take(), changes.take()]
    changes.end(tooSlow)
    changes.end(null)
    changes.add(event('a', 'USED'))
    expect(await Promise.all(waiting)).toEqual([{ error: tooSlow }, null])
    expect(await changes.take()).toBeNull()
  })
})
