/** Requests per second over HTTP, each server against lean Yoga without authentication. */
import { fileURLToPath } from 'node:url'
import { estimate, inTurn, load, median, post, show, start, startLatchkey } from '../measure.mjs'
import { strangeKeys } from '../world.mjs'

const yogaServer = fileURLToPath(new URL('../yoga-server.mjs', import.meta.url))
const me = '{ me { id } }'
/** A field that is guarded (`read:users`) and that no query is made for: a user's id is a UUID. */
const viewer = '{ viewer { subject } user(id: "nobody") { id } }'

export async function measureThroughput(world, { generations, rounds }) {
  const { environment, keys, tokens } = world
  const ours = (LOG_LEVEL) => ({ ...environment, LOG_LEVEL })
  const servers = {
    lean: () => yoga(world, 'lean'),
    usual: () => yoga(world, 'usual'),
    principal: () => yoga(world, 'principal'),
    latchkey: () => startLatchkey(ours('warn')),
    logging: () => startLatchkey(ours('info')),
  }
  const cached = keys.slice(0, 500)
  const malformed = Array.from({ length: 500 }, (_, n) => `${cached[n]}x`)
  const base = { server: 'lean', requests: [post(me, cached[0])] }
  const arms = {
    base,
    'Yoga as it comes, without authentication': { ...base, server: 'usual' },
    'Latchkey, cached key': arm('latchkey', viewer, cached, 1.4),
    'Latchkey, cached JWT': arm('latchkey', viewer, tokens, 1.4),
    'Latchkey, cached key, a log line for each request': arm('logging', viewer, cached),
    '`usePrincipal` in lean Yoga, cached key': arm('principal', me, cached, 0.95),
    '`usePrincipal` in lean Yoga, cached JWT': arm('principal', me, tokens, 0.95),
    'Latchkey, malformed key refused': arm('latchkey', viewer, malformed, 2.3, 401),
    '`usePrincipal` in lean Yoga, malformed key refused': arm('principal', me, malformed, 2.3, 401),
    'Latchkey, one unknown key refused': arm('latchkey', viewer, strangeKeys(1), null, 401),
  }
  const seen = Object.fromEntries(Object.keys(arms).map((name) => [name, []]))
  for (let generation = 0; generation < generations; generation++) {
    const running = {}
    try {
      for (const [name, launch] of Object.entries(servers)) {
        running[name] = await launch()
        const own = Object.values(arms).filter(({ server }) => server === name)
        for (const one of own) await warmUp(running[name].port, one, 6_000 / own.length)
      }
      for (let round = 0; round < rounds; round++) {
        const answers = await inTurn(
          Object.fromEntries(
            Object.entries(arms).map(([name, { server, requests, status }]) => [
              name,
              () => load(running[server].port, requests, 1_000, { status }),
            ]),
          ),
        )
        for (const [name, answer] of Object.entries(answers)) {
          seen[name].push({ ...answer, ratio: answer.perSecond / answers.base.perSecond })
        }
      }
    } finally {
      for (const server of Object.values(running)) await server.stop()
    }
  }
  return Object.entries(arms).map(([name, { goal }]) => {
    const ratio = estimate(seen[name].map((answer) => answer.ratio))
    const perSecond = Math.round(median(seen[name].map((answer) => answer.perSecond)))
    const p99 = median(seen[name].map((answer) => answer.p99)).toFixed(1)
    return {
      figure: name === 'base' ? 'Lean Yoga, without authentication' : name,
      result: `${name === 'base' ? '1' : show(ratio)}; ${perSecond}/s, p99 ${p99} ms`,
      ...(goal && { goal: `≥ ${goal}`, met: ratio.median >= goal }),
    }
  })
}

/** By the number of requests, not by time: what was called more often is faster code. */
async function warmUp(port, { requests, status }, count) {
  for (let done = 0; done < count; ) {
    done += (await load(port, requests, 250, { status })).perSecond / 4
  }
}

function arm(server, query, credentials, goal = null, status = 200) {
  return { server, requests: credentials.map((one) => post(query, one)), goal, status }
}

function yoga({ environment }, VARIANT) {
  return start(process.execPath, [yogaServer], { ...environment, VARIANT })
}
