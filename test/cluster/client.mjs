/** Sends requests as a client does, and judges the answers. */
import { Agent, request } from 'node:http'

/** The staleness bound: every node must honour a revocation within this many milliseconds. */
export const bound = 2_000

export const whoAmI = '{ viewer { subject } }'

/** @returns a client whose `ask` resolves with the status (0: no answer), the body and the time of sending */
export function createClient(port, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const ask = (credential, query, variables) =>
    new Promise((resolve) => {
      const sentAt = performance.now()
      const answered = (status, body = '') => resolve({ status, body, sentAt })
      const asked = request(
        {
          port,
          host: '127.0.0.1',
          path: '/graphql',
          method: 'POST',
          agent,
          timeout: 20_000,
          headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
        },
        (response) => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', (text) => {
            body += text
          })
          response.on('end', () => answered(response.statusCode, body))
          response.on('error', () => answered(0))
        },
      )
      asked.on('timeout', () => asked.destroy())
      asked.on('error', () => answered(0))
      asked.end(JSON.stringify({ query, variables }))
    })
  return { ask, close: () => agent.destroy() }
}

/** Counts answers, among them those that must never occur. */
export function createJudge() {
  const revoked = new Map()
  const counts = { refusedGood: 0, wrongAccepts: 0, within: 0 }
  /** The number of the proxy's answers by status. */
  const statuses = new Map()
  return {
    counts,
    statuses,
    /** Notes that the COMMIT of the key's revocation has just been acknowledged. */
    revoke: (key) => revoked.set(key, performance.now()),
    revokedKeys: () => [...revoked.keys()],
    tally: ({ status }) => statuses.set(status, (statuses.get(status) ?? 0) + 1),
    /** Judges the answer to a credential, which is valid unless it was revoked before. */
    judge(credential, { status, sentAt }) {
      const at = revoked.get(credential)
      if (at === undefined) {
        if (status === 401) counts.refusedGood++
      } else if (status === 200 && sentAt > at + bound) counts.wrongAccepts++
      else if (status === 200 && sentAt > at) counts.within++
    },
  }
}

export const pick = (list) => list[Math.floor(Math.random() * list.length)]
export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds))
