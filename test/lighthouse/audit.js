/** Audits pages in a browser that runs already, and prints what it found as JSON, page by page. */
import lighthouse from 'lighthouse'

const { port, urls, settings } = JSON.parse(process.argv[2])
const pages = []
for (const url of urls) {
  const options = { port, output: 'json', logLevel: 'error' }
  const { lhr } = await lighthouse(url, { ...options, ...settings })
  pages.push({
    url: lhr.finalDisplayedUrl,
    scores: Object.fromEntries(
      Object.values(lhr.categories).map(({ id, score }) => [id, Math.round(score * 100)]),
    ),
    failed: Object.values(lhr.categories).flatMap(({ auditRefs }) =>
      auditRefs
        .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score < 0.9)
        .map(({ id }) => describe(lhr.audits[id])),
    ),
    lcp: lhr.audits['largest-contentful-paint']?.numericValue,
    shift: lhr.audits['cumulative-layout-shift']?.numericValue,
    blocking: lhr.audits['total-blocking-time']?.numericValue,
    benchmarkIndex: lhr.environment.benchmarkIndex,
    scriptBytes: sum(lhr.audits['network-requests']?.details.items ?? []),
  })
}
console.log(JSON.stringify(pages))

function describe({ id, title, displayValue = '', details }) {
  const places = details?.items?.flatMap(
    ({ node, description }) => node?.snippet ?? description ?? [],
  )
  return [`${id}: ${title} ${displayValue}`, ...(places ?? [])].join('\n')
}

function sum(requests) {
  const scripts = requests.filter(({ resourceType }) => resourceType === 'Script')
  return scripts.reduce((total, { transferSize }) => total + transferSize, 0)
}
