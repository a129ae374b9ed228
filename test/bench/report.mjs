/** Writes the measurements into the files that show them: a table, a chart, and the figures of the README. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { barsOf, isOurs, textChart } from './text-chart.mjs'

const results = new URL('results.json', import.meta.url)
const chartFile = new URL('../../docs/chart.svg', import.meta.url)
/** Each document, with the function that makes the section between its markers. */
const documents = [
  ['README.md', figuresSection],
  ['docs/performance.md', tableSection],
]
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
 * sections of the documents from all that is kept.
 *
 * @param parts by name, `{ date, command, machine, rows }`
 */
export function keep(parts) {
  const all = { ...kept(), ...parts }
  writeFileSync(results, `${JSON.stringify(all, null, 1)}\n`)
  if (all.peers !== undefined) writeFileSync(chartFile, chart(all.peers))
  for (const [name, section] of documents) {
    const file = new URL(`../../${name}`, import.meta.url)
    const text = readFileSync(file, 'utf8')
    const [from, to] = [text.indexOf(start), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`${name} has no ${start} … ${end}`)
    writeFileSync(file, `${text.slice(0, from + start.length)}\n${section(all)}\n${text.slice(to)}`)
  }
}

/** The parts in results.json. */
export function kept() {
  return existsSync(results) ? JSON.parse(readFileSync(results, 'utf8')) : {}
}

/** The section of docs/performance.md. */
export function tableSection(all) {
  const image = all.peers && '![Requests per second of each server](chart.svg)\n\n'
  const sentences = new Set(Object.values(all).map(provenance))
  return `${image ?? ''}${table(rowsOf(all))}\n\n${[...sentences].join('\n')}`
}

/** First those that were compared in one run. A figure that several parts have is taken once. */
function rowsOf(all) {
  const { peers, ...others } = all
  const rows = [...(peers === undefined ? [] : [peers]), ...Object.values(others)].flatMap(
    (part) => part.rows,
  )
  const seen = new Set()
  return rows.filter(({ figure }) => !seen.has(figure) && seen.add(figure))
}

/** The figures of the README: what each one answers, and its name. */
const mainFigures = [
  ['Cached API key, against lean GraphQL Yoga without authentication', 'Latchkey, cached key'],
  [
    'Cached API key, against `verifyApiKey` of better-auth',
    'Latchkey, cached key, against better-auth `verifyApiKey`',
  ],
  [
    'Revocation, from COMMIT until another node refuses the key',
    'Revocation, COMMIT to refused on another node, 200 times',
  ],
]

/** The section of the README. */
export function figuresSection(all) {
  const rows = rowsOf(all)
  const lines = mainFigures.flatMap(([question, name]) => {
    const row = rows.find(({ figure }) => figure === name)
    return row === undefined ? [] : [`| ${question} | ${row.result} |`]
  })
  const chart = all.peers && `\`\`\`\n${textChart(all.peers)}\n\`\`\`\n\n`
  return `${chart ?? ''}${['| Figure | Measured |', '|---|---|', ...lines].join('\n')}`
}

const [width, rowHeight, labels, right] = [860, 26, 380, 90]

/** Bars for each server that was compared over HTTP, with the 90 % interval as a line. */
export function chart(part) {
  const bars = barsOf(part)
  const most = Math.max(...bars.map(({ ratio }) => ratio.high))
  const scale = (value) => (value / most) * (width - labels - right)
  const top = 40
  const height = top + bars.length * rowHeight + 34
  const lines = bars.map(({ figure, ratio }, n) => {
    const y = top + n * rowHeight
    return `<text x="${labels - 8}" y="${y + 15}" text-anchor="end">${plain(figure)}</text>
<rect class="${isOurs(figure) ? 'ours' : 'theirs'}" x="${labels}" y="${y + 3}" width="${fixed(scale(ratio.median))}" height="17" rx="2"/>
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
