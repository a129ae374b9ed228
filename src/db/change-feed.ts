import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import type { Change, ChangeListener, ChangeWatch } from '../credentials/changes.ts'
import { type Clock, type Stamp, stampOf, systemClock } from '../credentials/lease.ts'
import { askChannel, createNodeRow } from './node-row.ts'

export interface ChangeFeedOptions {
  /** A direct connection: behind a transaction pooler nothing is heard. */
  readonly url: string
  /** Without a heartbeat for that long it starts anew on a new connection. Milliseconds. */
  readonly maxSilence: number
  readonly listener: ChangeListener
  readonly clock?: Clock
}

/** Between two tries to connect, in milliseconds: at first, and at most. */
const firstPause = 50
const longestPause = 500
/** Answers to questions under way at most: whoever gets none asks again. */
const maxAnswers = 20
/** For the node's row to be removed when the watch is closed. Milliseconds. */
const leaveTime = 500

/**
 * Listens to what triggers notify of keys and users (PostgreSQL, NOTIFY).
 *
 * Postgres delivers notifications in the order in which their transactions were committed, so when
 * this node hears a heartbeat of its own it has heard every change committed before that was sent. The
 * heartbeat goes out and comes back on the listening connection itself: one that is half-open is
 * silent, and silence is acted upon.
 *
 * Before each heartbeat the same connection refreshes the node's row in `latchkey.nodes`. So a node
 * that may use what it remembers has a row as young as its last heartbeat, and one that answers a
 * question has heard of every change committed before that was asked (see `nodes.ts`).
 */
export function watchChanges(options: ChangeFeedOptions): ChangeWatch {
  const { url, maxSilence, listener, clock = systemClock } = options
  const heartbeats = `latchkey_node_${randomBytes(8).toString('hex')}`
  const interval = Math.max(Math.floor(maxSilence / 5), 20)
  const row = createNodeRow(maxSilence)
  let closed = false
  let current: Session | null = null
  let pause = firstPause
  let retry: NodeJS.Timeout | undefined

  function start(): void {
    if (closed) return
    const session = openSession()
    current = session
    session.ready.then(
      () => {
        pause = firstPause
      },
      () => session.end(),
    )
  }

  function openSession(): Session {
    const sent = new Map<string, Stamp>()
    let beats = 0
    let over = false
    const opened = clock.monotonic()
    let lastHeard = opened
    let timer: NodeJS.Timeout | undefined
    let answers = 0
    let mayWriteRow = true

    const sql = postgres(url, {
      max: 1,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: null,
      connect_timeout: Math.max(maxSilence / 1000, 1),
      onnotice: () => {},
      onclose: end,
      connection: { application_name: 'latchkey-listen' },
      // Not in the driver's types; its own `listen` is built on it, with reconnection that we must see.
      ...{ onnotify: (channel: string, payload: string) => hear(channel, payload) },
    })

    function hear(channel: string, payload: string): void {
      if (over) return
      if (channel === askChannel) {
        answer(payload)
        return
      }
      if (channel !== heartbeats) {
        for (const change of parseChanges(payload)) listener.changed(change)
        return
      }
      const stamp = sent.get(payload)
      if (stamp === undefined) return
      for (const beat of sent.keys()) {
        sent.delete(beat)
        if (beat === payload) break
      }
      lastHeard = clock.monotonic()
      listener.heard(stamp)
    }

    function answer(question: string): void {
      const statement = row.answerTo(question)
      if (statement === null || answers >= maxAnswers) return
      answers++
      sql
        .unsafe(statement)
        .catch(() => {})
        .finally(() => answers--)
    }

    /** A database that is older, or grants no more than it must, has no such row: nobody waits for us then. */
    function writeRow(statement: string): void {
      if (!mayWriteRow) return
      sql.unsafe(statement).catch((error: { code?: string }) => {
        mayWriteRow = !noRow.has(error.code ?? '')
      })
    }

    function beat(): void {
      if (clock.monotonic() - lastHeard > maxSilence) {
        end()
        return
      }
      writeRow(row.refresh)
      const name = String(++beats)
      sent.set(name, stampOf(clock))
      sql.unsafe(`select pg_notify('${heartbeats}', '${name}')`).catch(end)
    }

    function end(): void {
      if (over) return
      over = true
      clearInterval(timer)
      void sql.end({ timeout: 0 })
      if (closed) return
      retry = setTimeout(start, pause)
      pause = Math.min(pause * 2, longestPause)
    }

    async function listen(): Promise<void> {
      await sql.unsafe(`listen latchkey_changes; listen ${askChannel}; listen ${heartbeats}`)
      if (over) return
      // What was missed before can't be told any more.
      listener.restarted()
      writeRow(row.sweep)
      beat()
      timer = setInterval(beat, interval)
    }

    async function leave(): Promise<void> {
      if (over || timer === undefined) return
      clearInterval(timer)
      let patience: NodeJS.Timeout | undefined
      await Promise.race([
        sql.unsafe(row.remove).catch(() => {}),
        new Promise((resolve) => {
          patience = setTimeout(resolve, leaveTime)
        }),
      ])
      clearTimeout(patience)
    }

    return { ready: listen(), end, leave }
  }

  start()
  return {
    async close() {
      closed = true
      clearTimeout(retry)
      await current?.leave()
      current?.end()
    },
  }
}

interface Session {
  readonly ready: Promise<void>
  end(): void
  /** Takes the node's row away. */
  leave(): Promise<void>
}

/** What keeps a node from writing its row for good: no right to, no such table, no such schema. */
const noRow: ReadonlySet<string> = new Set(['42501', '42P01', '3F000'])

/** `key <id> …`, `user <id> …` or `everything`; what is not understood may be anything. */
export function parseChanges(payload: string): readonly Change[] {
  const [kind, ...ids] = payload.split(' ')
  if ((kind === 'key' || kind === 'user') && ids.length > 0) return ids.map((id) => ({ kind, id }))
  return [{ kind: 'everything' }]
}
