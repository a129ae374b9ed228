import type { Clock } from '../credentials/lease.ts'
import type { Cause } from './causes.ts'
import { changeTriggers } from './change-triggers.ts'
import { type Connection, connect } from './connect.ts'
import { type ConnectionSource, toTarget } from './connection-string.ts'
import { everythingChanged, type NodeRow } from './node-row.ts'

export interface ListeningSessionOptions {
  readonly url: ConnectionSource
  readonly row: NodeRow
  /** The time limit for connecting, and for the answer to each check. Milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly onChange: (payload: string) => void
  readonly onKeyEvent: (payload: string) => void
  readonly onBeat: (counter: number) => void
  /** Returns whether this node may answer that it has received every change so far. */
  readonly mayAnswer: () => boolean
  /** Called once, when the session has ended, for any reason. */
  readonly onEnd: (failure: unknown) => void
}

/**
 * A session that listens for changes, for the heartbeats of this node and for the questions of
 * `awaitNodes`. It does not keep the process alive.
 */
export interface ListeningSession {
  /** Resolves when the session listens and is proven to be a session of its own. */
  readonly listening: Promise<void>
  /** Repeats the proof. Ends the session if the proof fails or the check is not answered. */
  check(): void
  end(failure?: unknown): void
}

/** The maximum number of answers that may be pending. A node that sends no answer is asked again. */
const maxAnswers = 20

/**
 * `tgenabled = 'A'` means that a trigger fires whatever `session_replication_role` is, so for
 * logical-replication workers too.
 */
const checkStatement = ({ channel, schema }: NodeRow) => `
  select pg_backend_pid() as pid,
    array['${schema.changeChannel}', '${channel}'] <@ array(select pg_listening_channels()) as listening,
    found.triggers, found.version
  from (
    select count(*)::int as triggers,
      string_agg(pg_trigger.oid || ' ' || pg_trigger.xmin, ',' order by tgname) as version
    from pg_trigger join pg_class on pg_class.oid = tgrelid
    where relnamespace = '${schema.quoted}'::regnamespace and not tgisinternal and tgenabled = 'A'
      and tgname in (${changeTriggers.map((name) => `'${name}'`).join(', ')})
  ) as found`

interface SessionCheck {
  readonly pid: number
  readonly listening: boolean
  /** The number of change triggers that exist and always fire. */
  readonly triggers: number
  /** A value that changes when any of them is created, disabled or enabled. */
  readonly version: string
}

export function openListeningSession(options: ListeningSessionOptions): ListeningSession {
  const { url, row, timeoutMs, clock, onChange, onKeyEvent, onBeat, mayAnswer, onEnd } = options
  const { changeChannel, eventChannel, askChannel } = row.schema
  let ended = false
  let answers = 0
  let lastAnswer = clock.monotonic()
  let version: string | null = null
  const opening = new AbortController()
  let connection: Connection | null = null

  function onNotification(channel: string, payload: string): void {
    if (ended) return
    if (channel === changeChannel) onChange(payload)
    else if (channel === eventChannel) onKeyEvent(payload)
    else if (channel === row.channel) onBeat(Number(payload))
    else if (channel === askChannel) answer(payload)
  }

  function answer(question: string): void {
    const statement = row.answerTo(question)
    if (statement === null || answers >= maxAnswers || !mayAnswer()) return
    answers++
    connection?.sql
      .unsafe(statement)
      .catch(() => {})
      .finally(() => answers--)
  }

  /**
   * Proves that this is a session of its own: a pooler invents a process id for each client, and sends
   * statements to several sessions.
   */
  async function prove({ sql }: Pick<Connection, 'sql'>): Promise<void> {
    const result = await sql.unsafe<SessionCheck[]>(checkStatement(row))
    lastAnswer = clock.monotonic()
    const [found] = result
    if (found?.pid !== result.state.pid || !found.listening) throw new ListeningError('pooler')
    if (found.triggers !== changeTriggers.length) throw new ListeningError('change-triggers')
    // A dump was restored, or a trigger was disabled for a moment: changes in between sent no
    // notification.
    if (version !== null && version !== found.version) onChange(everythingChanged)
    version = found.version
  }

  function check(): void {
    if (ended || connection === null) return
    if (clock.monotonic() - lastAnswer > timeoutMs) end(new ListeningError('timeout'))
    else prove(connection).catch(end)
  }

  function end(failure: unknown = new ListeningError('lost')): void {
    if (ended) return
    ended = true
    opening.abort(failure)
    connection?.destroy()
    onEnd(failure)
  }

  async function listen(): Promise<void> {
    connection = await connect(toTarget(url), {
      applicationName: 'latchkey-listen',
      keepsProcessAlive: false,
      connectTimeout: timeoutMs,
      requirePrimary: true,
      onclose: () => end(new ListeningError('lost')),
      onnotify: onNotification,
      signal: opening.signal,
    })
    // The session was ended while it connected.
    if (ended) return connection.destroy()
    lastAnswer = clock.monotonic()
    const channels = [changeChannel, eventChannel, askChannel, row.channel]
    await connection.sql.unsafe(channels.map((name) => `listen ${name}`).join('; '))
    await prove(connection)
  }
  const listening = listen()
  listening.catch(end)

  return { listening, check, end }
}

/** The session does not receive notifications of changes, or may miss some. */
export class ListeningError extends Error {
  readonly databaseCause: Cause

  constructor(databaseCause: Cause) {
    super(`The listening session failed its check: ${databaseCause}.`)
    this.name = 'ListeningError'
    this.databaseCause = databaseCause
  }
}
