/** A bar chart in plain text, which every viewer of the README shows. */

const title = 'Requests per second, against lean GraphQL Yoga without authentication (1)'
/** Characters of the longest bar. */
const width = 30

/** Servers that were compared over HTTP, the fastest first. */
export function barsOf(part) {
  return part.rows
    .filter(({ ratio }) => ratio !== undefined)
    .sort((a, b) => b.ratio.median - a.ratio.median)
}

/** Whether a bar is one of Latchkey's. */
export function isOurs(figure) {
  return /^(Latchkey|`usePrincipal`)/.test(figure)
}

/** @param part `{ date, command, rows }` */
export function textChart(part) {
  const bars = barsOf(part)
  const most = Math.max(...bars.map(({ ratio }) => ratio.median))
  const names = bars.map(({ figure }) => figure.replaceAll('`', ''))
  const longest = Math.max(...names.map((name) => name.length))
  const lines = bars.map(({ figure, ratio }, n) => {
    const length = Math.max(1, Math.round((ratio.median / most) * width))
    const bar = (isOurs(figure) ? '█' : '░').repeat(length)
    return `${names[n].padEnd(longest)}  ${bar} ${ratio.median.toFixed(2)}`
  })
  return [title, '', ...lines, '', `${part.date}, ${part.command}. Solid bars are Latchkey.`].join(
    '\n',
  )
}
