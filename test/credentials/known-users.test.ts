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

describe('what is known of a user', () => {
  it('is as old as its row where no changes are heard, whatever else was read since', () => {
    users.put(ada, now())
    clock.at += 60_000
    users.put({ ...ada, userId: 'other', subject: 'grace' }, now())
    expect(users.get(ada)).toBe(ada)
    clock.at += 1
    expect(users.get(ada)).toBeNull()
    expect(users.get({ ...ada, subject: 'grace' })).not.toBeNull()
  })

  it('is as old as the last heartbeat that was heard while changes are heard', () => {
    users.restarted()
    users.heard(now())
    users.put(ada, now())
    for (let heartbeats = 0; heartbeats < 10; heartbeats++) {
      clock.at += 50_000
      users.heard(now())
    }
    // The outage begins: nothing is heard any more.
    users.lost()
    clock.at += 60_000
    expect(users.get(ada)).toBe(ada)
    clock.at += 1
    expect(users.get(ada)).toBeNull()
  })

  it('does not get younger by what is heard after changes may have been missed', () => {
    users.restarted()
    users.heard(now())
    users.lost()
    users.put(ada, now())
    clock.at += 1
    users.heard(now())
    expect(users.get(ada)).toBeNull()
  })

  it('is read before the node listens, and then forgotten', () => {
    users.put(ada, now())
    users.restarted()
    expect(users.get(ada)).toBeNull()
    users.put(ada, now())
    users.heard(now())
    expect(users.get(ada)).toBeNull()
  })

  it('ages by the clock that went further', () => {
    const paused = { monotonic: () => 0, wall: () => clock.at }
    users = new KnownUsers({ clock: paused, maxAge: 60_000 })
    users.put(ada, { monotonic: 0, wall: clock.at })
    clock.at += 60_001
    expect(users.get(ada)).toBeNull()
  })

  it('is forgotten when that user or everything changes', () => {
    for (const change of [{ kind: 'user', id: 'user' }, { kind: 'everything' }] as const) {
      users.put(ada, now())
      users.changed({ kind: 'user', id: 'other' })
      expect(users.get(ada)).toBe(ada)
      users.changed(change)
      expect(users.get(ada)).toBeNull()
    }
  })

  it('is not mistaken for that of a user whose issuer and subject read the same in a row', () => {
    users.put({ ...ada, issuer: 'a b', subject: 'c' }, now())
    expect(users.get({ issuer: 'a', subject: 'b c' })).toBeNull()
  })

  it('is nothing where nothing may be recalled', () => {
    users = new KnownUsers({ clock, maxAge: 0 })
    users.put(ada, now())
    expect(users.get(ada)).toBeNull()
  })
})
