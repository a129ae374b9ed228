import { beforeEach, describe, expect, it } from 'vitest'
import type { Owner } from '../../src/credentials/directory.ts'
import { KnownUsers } from '../../src/credentials/known-users.ts'

const ada: Owner = {
  userId: 'user',
  issuer: 'https://issuer.example',
  subject: 'ada',
  suspended: false,
  scopes: null,
  issuerScopes: null,
  signedOutAt: null,
}

let clock: { at: number; monotonic(): number; wall(): number }
let users: KnownUsers
const now = () => ({ monotonic: clock.monotonic(), wall: clock.wall() })

beforeEach(() => {
  clock = { at: 1_000, monotonic: () => clock.at, wall: () => clock.at }
  users = new KnownUsers({ clock, maxAge: 60_000 })
})

describe('the cached row of a user', () => {
  it('is as old as its query while no changes are received', () => {
    users.put(ada, now())
    clock.at += 60_000
    users.put({ ...ada, userId: 'other', subject: 'grace' }, now())
    expect(users.get(ada)).toBe(ada)
    clock.at += 1
    expect(users.get(ada)).toBeNull()
    expect(users.get({ ...ada, subject: 'grace' })).not.toBeNull()
  })

  it('is as old as the last heartbeat while changes are received', () => {
    users.restarted()
    users.heartbeat(now())
    users.put(ada, now())
    for (let heartbeats = 0; heartbeats < 10; heartbeats++) {
      clock.at += 50_000
      users.heartbeat(now())
    }
    // The outage begins: no more heartbeats are received.
    users.lost()
    clock.at += 60_000
    expect(users.get(ada)).toBe(ada)
    clock.at += 1
    expect(users.get(ada)).toBeNull()
  })

  it('does not get younger by a heartbeat after changes may have been missed', () => {
    users.restarted()
    users.heartbeat(now())
    users.lost()
    users.put(ada, now())
    clock.at += 1
    users.heartbeat(now())
    expect(users.get(ada)).toBeNull()
  })

  it('is removed when the watch starts after its query', () => {
    users.put(ada, now())
    users.restarted()
    expect(users.get(ada)).toBeNull()
    users.put(ada, now())
    users.heartbeat(now())
    expect(users.get(ada)).toBeNull()
  })

  it('ages by the faster clock', () => {
    const paused = { monotonic: () => 0, wall: () => clock.at }
    users = new KnownUsers({ clock: paused, maxAge: 60_000 })
    users.put(ada, { monotonic: 0, wall: clock.at })
    clock.at += 60_001
    expect(users.get(ada)).toBeNull()
  })

  it('is removed when that user or everything changes', () => {
    for (const change of [{ kind: 'user', id: 'user' }, { kind: 'everything' }] as const) {
      users.put(ada, now())
      users.changed({ kind: 'user', id: 'other' })
      expect(users.get(ada)).toBe(ada)
      users.changed(change)
      expect(users.get(ada)).toBeNull()
    }
  })

  it('is not that of a user whose joined issuer and subject are the same text', () => {
    users.put({ ...ada, issuer: 'a b', subject: 'c' }, now())
    expect(users.get({ issuer: 'a', subject: 'b c' })).toBeNull()
  })

  it('is not returned with a maximum age of 0', () => {
    users = new KnownUsers({ clock, maxAge: 0 })
    users.put(ada, now())
    expect(users.get(ada)).toBeNull()
  })
})
