/** Compares servers: runs their arms in turn, in random order, each against the arm `base`. */
import { load } from '../load.mjs'
import { estimate, inTurn, median, post, show } from '../measure.mjs'

/**
 * @param servers by name, functions that start them
 * @param arms by name; the others are compared with `base`
 * @param settings `warmUpRequests`: before the first measured round of a server, shared by its arms;
 *   `warmUpSeconds`: at most, for a server that is slow to answer so many
 * @returns by name of the arm, the measurements of `load` in every round
 */
export async function compare(servers, arms, settings) {
  const { generations, rounds, warmUpSeconds, warmUpRequests = 6_000 } = settings
  const until = (shares) => performance.now() + (warmUpSeconds * 1_000) / shares
  const seen = Object.fromEntries(Object.keys(arms).map((name) => [name, []]))
  for (let generation = 0; generation < generations; generation++) {
    const running = {}
    try {
      for (const [name, launch] of Object.entries(servers)) {
        running[name] = await launch()
        const own = Object.values(arms).filter(({ server }) => server === name)
        for (const one of own) {
          await warmUp(running[name].port, one, warmUpRequests / own.length, until(own.length))
        }
      }
      for (let round = 0; round < rounds; round++) {
        const works = Object.entries(arms).map(([name, { server, requests, status }]) => [
          name,
          () => load(running[server].port, requests, 1_000, { status }),
        ])
        const answers = await inTurn(Object.fromEntries(works))
        for (const [name, answer] of Object.entries(answers)) {
          seen[name].push(answer)
        }
      }
    } finally {
      for (const server of Object.values(running)) await server.stop()
    }
  }
  return seen
}

/** Warms up by the number of requests, not by time, because code is optimized by its number of calls. */
async function warmUp(port, { requests, status }, count, until) {
  for (let done = 0; done < count && performance.now() < until; ) {
    done += (await load(port, requests, 1_000, { status })).perSecond
  }
}

export function arm(server, query, credentials, goal = null, status = 200) {
  return { server, requests: credentials.map((one) => post(query, one)), goal, status }
}

/** The ratio of the requests per second of two arms, from the result of `compare`. */
export function ratioOf(seen, one, other) {
  return estimate(seen[one].map((answer, n) => answer.perSecond / seen[other][n].perSecond))
}

/** Makes one row for each arm, the base first. */
export function rowsOf(arms, seen, baseName) {
  return Object.entries(arms).map(([name, { goal }]) => {
    const ratio = ratioOf(seen, name, 'base')
    const perSecond = Math.round(median(seen[name].map((answer) => answer.perSecond)))
    const p99 = median(seen[name].map((answer) => answer.p99))
    return {
      figure: name === 'base' ? baseName : name,
      result: `${name === 'base' ? '1' : show(ratio)}; ${perSecond}/s, p99 ${p99.toFixed(1)} ms`,
      ratio,
      perSecond,
      p99,
      ...(goal && { goal: `≥ ${goal}`, met: ratio.median >= goal }),
    }
  })
}
