import type { Cause } from './causes.ts'
import { causeOfFailure } from './failures.ts'
import {
  type ListeningSession,
  type ListeningSessionOptions,
  openListeningSession,
} from './listening-session.ts'

export interface ReconnectingSessionOptions extends Omit<ListeningSessionOptions, 'onEnd'> {
  /** Called each time a session begins to listen. Notifications from before that moment are lost. */
  readonly onListening: () => void
  /** Called each time a session ends or cannot be opened, but not after `close`. */
  readonly onLost: (failure: unknown, cause: Cause | null) => void
}

/** A listening session that reopens: when one session ends, the next is opened, until `close`. */
export interface ReconnectingSession {
  readonly isListening: boolean
  /** The number of times that the session was reopened. */
  readonly reconnects: number
  /** Checks the session; see `ListeningSession.check`. */
  check(): void
  /** Ends the session, so that the next one is opened. */
  end(failure: unknown): void
  /** Resets the pause before the next session, because this one works. */
  succeeded(): void
  close(): void
}

/**
 * The pauses between two attempts to connect, in milliseconds: the first, the longest, and the one
 * after a failure that a change of settings must resolve.
 */
const firstPause = 50
const longestPause = 500
const pauseForSettings = 5_000

const needsSettings: ReadonlySet<Cause | null> = new Set([
  'pooler',
  'change-triggers',
  'password',
  'database',
  'tls',
])

export function openReconnectingSession(options: ReconnectingSessionOptions): ReconnectingSession {
  const { onListening, onLost, ...sessionOptions } = options
  let closed = false
  let session: ListeningSession | null = null
  let isListening = false
  let reconnects = -1
  let pause = firstPause
  let retry: NodeJS.Timeout | undefined

  function open(): void {
    if (closed) return
    reconnects++
    const opened = openListeningSession({
      ...sessionOptions,
      onEnd: (failure) => {
        if (session === opened) reopenAfter(failure)
      },
    })
    session = opened
    opened.listening.then(
      () => {
        if (session !== opened) return
        isListening = true
        onListening()
      },
      // The session ends then, and calls `onEnd`.
      () => {},
    )
  }

  function reopenAfter(failure: unknown): void {
    session = null
    isListening = false
    if (closed) return
    const cause = causeOfFailure(failure)
    onLost(failure, cause)
    if (needsSettings.has(cause)) pause = pauseForSettings
    retry = setTimeout(open, pause).unref()
    pause = Math.min(pause * 2, longestPause)
  }

  open()
  return {
    get isListening() {
      return isListening
    },
    get reconnects() {
      return Math.max(reconnects, 0)
    },
    check: () => session?.check(),
    end: (failure) => session?.end(failure),
    succeeded() {
      pause = firstPause
    },
    close() {
      closed = true
      clearTimeout(retry)
      session?.end()
    },
  }
}
