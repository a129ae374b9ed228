/** Derives requests from those of a corpus; the same seed gives the same requests. */

/** Generates numbers of at least 0 and less than 1, by mulberry32. */
function randomFrom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const token = /\.\.\.|[A-Za-z_]\w*|"(?:[^"\\]|\\.)*"|[^\sA-Za-z_"]/g

/** Yields `count` requests, each with a document of the corpus whose parts were repeated, moved or removed. */
export function* mutations(requests, count, seed) {
  const random = randomFrom(seed)
  const below = (end) => Math.floor(random() * end)
  const sources = requests.flatMap(({ name, as, body }) => {
    const query = /^\{"query":/.test(body) && body.length < 20_000 ? JSON.parse(body) : null
    return query === null ? [] : [{ name, as, ...query, tokens: query.query.match(token) ?? [] }]
  })
  for (let n = 0; n < count; n++) {
    const { name, as, tokens, variables } = sources[below(sources.length)]
    let made = [...tokens]
    for (let steps = 1 + below(4); steps > 0; steps--) {
      const from = below(made.length)
      const part = made.slice(from, from + 1 + below(40))
      const kind = below(4)
      if (kind === 0)
        made.splice(
          from,
          0,
          ...Array(1 + below(60))
            .fill(part)
            .flat(),
        )
      else if (kind === 1) made.splice(below(made.length), 0, ...part)
      else if (kind === 2) made.splice(from, part.length)
      else {
        const { tokens: other } = sources[below(sources.length)]
        const start = below(other.length)
        made.splice(from, 0, ...other.slice(start, start + below(200)))
      }
      made = made.slice(0, as === 'key' ? 1_990 : 990)
    }
    const open = []
    for (const one of made) {
      if (one === '{' || one === '(' || one === '[') open.push(one)
      else if (one === '}' || one === ')' || one === ']') open.pop()
    }
    const ends = open.reverse().map((one) => ({ '{': '}', '(': ')', '[': ']' })[one])
    const query = [...made, ...ends].join(' ')
    yield { name: `mutation ${n} of "${name}"`, as, body: JSON.stringify({ query, variables }) }
  }
}
