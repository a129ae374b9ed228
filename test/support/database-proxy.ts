import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** The state of the network: it forwards all data, drops it silently, or closes every connection. */
export type NetworkState = 'up' | 'black-hole' | 'cut'

export interface DatabaseProxy {
  /** The URL of the database through the proxy. */
  readonly url: string
  /**
   * Returns the number of statements executed so far whose text matches. A server also executes
   * statements in the background (heartbeats, uses, upkeep), which a test does not want to count.
   */
  readonly statements: (text: RegExp) => number
  /** Resolves when `text` has been forwarded to the database. */
  passed(text: string): Promise<void>
  /** Resolves when `text` has been returned by the database. */
  returned(text: string): Promise<void>
  /** Calls `listener` with each notice of the database from now on. */
  onNotice(listener: (message: string) => void): void
  /** Sets the state from now on. Connections that were closed stay closed. */
  setState(state: NetworkState): void
  /** Delays all data in both directions from now on. Milliseconds. */
  delay(milliseconds: number): void
  close(): Promise<void>
}

/** Lookups of credentials: of API keys by id, and of users by issuer and subject. */
export const lookups = /\bas asked \(id\)|\bas one left join\b/
export const keyLookups = /\bas asked \(id\)/
/** Statements that only read tables of the domain, except lookups of credentials. */
export const reads = /^select\b.* from "latchkey"\."(?:api_keys|users|audit_events)"/s

/** Starts a proxy between a server and its PostgreSQL that counts statements and can fail. */
export async function startDatabaseProxy(databaseUrl: string): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let state: NetworkState = 'up'
  const executed = new Map<string, number>()
  let latency = 0
  const passing: Awaited = new Map()
  const coming: Awaited = new Map()
  const noticed: ((message: string) => void)[] = []

  const count = (statement: string) => executed.set(statement, (executed.get(statement) ?? 0) + 1)

  const server = createServer((client) => {
    if (state === 'cut') {
      client.destroy()
      return
    }
    const database = connect(Number(target.port), target.hostname)
    const follow = followMessages(false, followStatements(count))
    // `N` is a notice.
    const listen = followMessages(true, (type, body) => {
      if (type === 'N') for (const listener of noticed) listener(noticeText(body))
    })
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(from)
      // Data keeps its order when the delay becomes shorter.
      let due = 0
      from.on('data', (chunk: Buffer) => {
        if (state !== 'up') return
        if (from === client) follow(chunk)
        if (from === database && noticed.length > 0) listen(chunk)
        const pass = () => {
          to.write(chunk)
          settle(from === client ? passing : coming, chunk)
        }
        const now = performance.now()
        due = Math.max(due, now + latency)
        if (due > now) setTimeout(pass, due - now)
        else pass()
      })
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('error', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)

  return {
    url: url.href,
    statements: (text) =>
      [...executed].reduce(
        (sum, [statement, times]) => sum + (text.test(statement) ? times : 0),
        0,
      ),
    passed: (text) => new Promise((resolve) => passing.set(text, resolve)),
    returned: (text) => new Promise((resolve) => coming.set(text, resolve)),
    onNotice: (listener) => noticed.push(listener),
    delay(milliseconds) {
      latency = milliseconds
    },
    setState(next) {
      state = next
      if (next === 'cut') for (const socket of sockets) socket.destroy()
    },
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/**
 * Parses the data that one side sends (PostgreSQL documentation, §54.7): each message has a type and a
 * length, except the first of a client, which has no type.
 */
function followMessages(
  started: boolean,
  onMessage: (type: string, body: Buffer) => void,
): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0)
  return (chunk) => {
    pending = Buffer.concat([pending, chunk])
    for (;;) {
      const header = started ? 1 : 0
      if (pending.length < header + 4) return
      const length = header + pending.readUInt32BE(header)
      if (pending.length < length) return
      if (started) onMessage(pending.toString('latin1', 0, 1), pending.subarray(5, length))
      started = true
      pending = pending.subarray(length)
    }
  }
}

type Awaited = Map<string, () => void>

function settle(awaited: Awaited, chunk: Buffer): void {
  for (const [text, resolve] of awaited) {
    if (!chunk.includes(text)) continue
    awaited.delete(text)
    resolve()
  }
}

/**
 * Calls `onStatement` with the text of each statement that a client executes: `Q` is a simple query, `P`
 * gives a statement a name, which may be empty, and `B` binds one by its name, to be executed (§54.7).
 */
function followStatements(onStatement: (statement: string) => void) {
  const prepared = new Map<string, string>()
  return (type: string, body: Buffer): void => {
    const [first = '', second = ''] = body.toString().split('\0', 2)
    if (type === 'Q') onStatement(first)
    else if (type === 'P') prepared.set(first, second)
    else if (type === 'B') onStatement(prepared.get(second) ?? '')
  }
}

/** The field `M` of a notice (§54.8). */
function noticeText(body: Buffer): string {
  const fields = body.toString().split('\0')
  return fields.find((field) => field.startsWith('M'))?.slice(1) ?? ''
}
