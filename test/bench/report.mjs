/** What was measured, as a table, as a chart, and kept in the files that the README shows. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const results = new URL('results.json', import.meta.url)
const chartFile = new URL('chart.svg', import.meta.url)
const readme = new URL('../../README.md', import.meta.url)
const [start, end] = ['<!-- bench -->', '<!-- /bench -->']

export function table(rows) {
  const lines = rows.map(({ figure, result, goal = '', met }) => {
    const verdict = met === undefined ? '' : met ? 'yes' : '**no**'
    return `| ${figure} | ${result} | ${goal} | ${verdict} |`
  })
  return ['| Figure | Measured | Goal | Met |', '|---|---|---|---|', ...lines].join('\n')
}

/** One sentence on when, how and where. */
export function provenance({ date, command, machine }) {
  return `${date}, \`${command}\`. ${machine}.`
}

/**
 * Keeps the parts that were measured in place of what was kept of them, and writes the chart and the
 * README's section anew from all that is kept.
 *
 * @param parts by name, `{ date, command, machine, rows }`
 */
export function keep(parts) {
  const kept = existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {}
  const all = { ...kept, ...parts }
  writeFileSync(results, `${JSON.stringify(all, null, 1)}\n`)
  if (all.peers !== undefined) writeFileSync(chartFile, chart(all.peers))
  const text = readFileSync(readme, 'utf8')
  const [from, to] = [text.indexOf(start), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md has no ${start} … ${end}`)
  writeFileSync(readme, `${text.slice(0, from + start.length)}\n${section(all)}\n${text.slice(to)}`)
}

function section(all) {
  const image = all.peers && '![Requests per second of each server](test/bench/chart.svg)\n\n'
  // First who was compared in one run; figures of our own that other parts have too are shown once.
  const { peers, ...others } = all
  const rows = [...(peers === undefined ? [] : [peers]), ...Object.values(others)].flatMap(
    (part) => part.rows,
  )
  const seen = new Set()
  const once = rows.filter(({ figure }) => !seen.has(figure) && seen.add(figure))
  const sentences = new Set(Object.values(all).map(provenance))
  return `${image ?? ''}${table(once)}\n\n${[...sentences].join('\n')}`
}

const [width, rowHeight, labels, right] = [860, 26, 380, 90]

/** Bars for each server that was compared over HTTP, with the 90 % interval as a line. */
export function chart(part) {
  const bars = part.rows
    .filter(({ ratio }) => ratio !== undefined)
    .sort((a, b) => b.ratio.median - a.ratio.median)
  const most = Math.max(...bars.map(({ ratio }) => ratio.high))
  const scale = (value) => (value / most) * (width - labels - right)
  const top = 40
  const height = top + bars.length * rowHeight + 34
  const lines = bars.map(({ figure, ratio }, n) => {
    const y = top + n * rowHeight
    const isOurs = /^(Latchkey|`usePrincipal`)/.test(figure)
    return `<text x="${labels - 8}" y="${y + 15}" text-anchor="end">${plain(figure)}</text>
<rect class="${isOurs ? 'ours' : 'theirs'}" x="${labels}" y="${y + 3}" width="${fixed(scale(ratio.median))}" height="17" rx="2"/>
<path d="M${fixed(labels + scale(ratio.low))} ${y + 11.5}H${fixed(labels + scale(ratio.high))}"/>
<text x="${fixed(labels + scale(ratio.high) + 8)}" y="${y + 15}">${ratio.median.toFixed(2)}</text>`
  })
  const one = fixed(labels + scale(1))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12.5" role="img">
<title>Requests per second against lean GraphQL Yoga without authentication</title>
<style>text{fill:#24292f}.ours{fill:#1a7f5a}.theirs{fill:#9aa4af}path{stroke:#24292f;stroke-width:1.5}.one{stroke-dasharray:3 3;stroke-width:1}@media(prefers-color-scheme:dark){text{fill:#e6edf3}path{stroke:#e6edf3}.theirs{fill:#57606a}.ours{fill:#3fb984}}</style>
<text x="${width / 2}" y="20" text-anchor="middle" font-weight="600">Requests per second against lean GraphQL Yoga without authentication (1)</text>
${lines.join('\n')}
<path class="one" d="M${one} ${top - 6}V${height - 30}"/>
<text x="${width / 2}" y="${height - 10}" text-anchor="middle" font-size="11">${plain(`${part.date}, ${part.command}; lines are 90 % intervals`)}</text>
</svg>
`
}

function plain(text) {
  return text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

function fixed(value) {
  return value.toFixed(1)
}
