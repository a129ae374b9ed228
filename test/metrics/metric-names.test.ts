import { expect, it } from 'vitest'
import { createMetrics } from '../../src/metrics/metrics.ts'

/** The rules of `promtool check metrics`, by what it says of a metric that breaks one. */
const rules: Readonly<Record<string, (metric: Metric) => boolean>> = {
  'counters end in _total': ({ name, type }) => type !== 'counter' || name.endsWith('_total'),
  'only counters end in _total': ({ name, type }) => type === 'counter' || !name.endsWith('_total'),
  'every metric has a help text': ({ help }) => help !== '',
  'names are in snake case without colons': ({ name }) => /^[a-z][a-z0-9_]*$/.test(name),
  'names do not contain the type': ({ name, type }) => !name.split('_').includes(type),
  'suffixes of series are kept for histograms': ({ name }) => !/_(bucket|count|sum)$/.test(name),
  'units are base units': ({ name }) =>
    !/_(milli|micro|nano|kilo|mega|giga)?(seconds?|bytes?)(_|$)/.test(
      name.replace(/_(seconds|bytes)(?=_total$|$)/, ''),
    ) && !/_(minutes|hours|days|weeks|kilobytes|megabytes|percent|celsius)(_|$)/.test(name),
  'units are not abbreviated': ({ name }) => !/_(s|ms|us|ns|sec|b|kb|mb|gb|m|h|d)(_|$)/.test(name),
}

interface Metric {
  readonly name: string
  readonly type: string
  readonly help: string
}

it('promtool finds no fault in the metrics', async () => {
  const metrics = createMetrics({ isDatabaseUp: async () => true, freshness: () => null })
  metrics.countRequest('/healthz', 'GET', 200)
  const text = await (await metrics.answer()).text()
  const help = new Map(
    [...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, text]) => [name, text]),
  )
  const read = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
    ([, name = '', type = '']): Metric => ({ name, type, help: help.get(name) ?? '' }),
  )
  expect(read.map(({ name }) => name)).toContain('nodejs_active_handles')
  const faults = Object.entries(rules).flatMap(([rule, holds]) =>
    read.filter((metric) => !holds(metric)).map(({ name }) => `${name}: ${rule}`),
  )
  expect(faults).toEqual([])
})
