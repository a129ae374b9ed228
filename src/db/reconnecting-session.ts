import type { Cause } from './causes.ts'
import { causeOfFailure } from './failures.ts'
import {
  type ListeningSession,
  type ListeningSessionOptions,
  openListeningSession,
} from './listening-session.ts'

export interface ReconnectingSessionOptions extends Omit<ListeningSessionOptions, 'onEnd'> {
  /** Called each time that a session begins to listen. What was announced before is never heard. */
  readonly onListening: () => void
  /** Called each time that a session ends, or cannot be opened; not after `close`. */
  readonly onLost: (failure: unknown, cause: Cause | null) => void
}

/** One listening session after another: each that ends is followed by the next, until `close`. */
export interface ReconnectingSession {
  readonly isListening: boolean
  /** Times that a session was opened anew. */
  readonly reconnects: number
  /** Checks the session; see `ListeningSession.check`. */
  check(): void
  /** Ends the session, so that the next one is opened. */
  end(failure: unknown): void
  /** The session does its work: after its end the next one is opened soon. */
  succeeded(): void
  close(): void
}

/** Between two attempts to connect, in milliseconds: at first, at most, and where a setting must be changed. */
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
      // It ends, which `onEnd` is told.
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
    retry = setTimeout(open, pause)
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
