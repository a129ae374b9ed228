import { expect, it } from 'vitest'
import { readDocument, root } from './documents.ts'

// Not typed: a program of plain JavaScript.
const report = await import(`${root}test/bench/report.mjs`)

it.each([
  ['README.md', report.figuresSection],
  ['docs/performance.md', report.tableSection],
])('%s shows the figures that are kept', (document, section) => {
  expect(
    readDocument('README.md').match(/^\| (?:Cached API key|Revocation), .*\d.*\|$/gm),
  ).toHaveLength(3)
  const [, shown = ''] = readDocument(document).split('<!-- bench -->\n')
  expect(shown.split('\n<!-- /bench -->')[0]).toBe(section(report.kept()))
})
