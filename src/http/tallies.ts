import { Counter, type Metric, type Registry } from 'prom-client'

/*
 * Counting on the way of every request: Prometheus' own objects take a microsecond to find a series
 * by its labels, so what is counted here is handed to them only when someone reads the metrics.
 */

interface TallyOptions<Label extends string> {
  readonly registry: Registry
  readonly name: string
  readonly help: string
  /** Three, whose values must come from a small set. */
  readonly labels: readonly [Label, Label, Label]
}

/** A counter by three labels; returns what counts one. */
export function tally<A extends string, B extends string, C extends string>({
  registry,
  name,
  help,
  labels,
}: TallyOptions<string>): (a: A, b: B, c: C) => void {
  const series = new Map<string, Series<A, B, C>>()
  /** The one counted last, which most are like. */
  let last: Series<A, B, C> | undefined
  const [nameA, nameB, nameC] = labels
  new Counter({
    name,
    help,
    labelNames: labels,
    registers: [registry],
    collect() {
      this.reset()
      for (const { a, b, c, count } of series.values()) {
        this.inc({ [nameA]: a, [nameB]: b, [nameC]: c }, count)
      }
    },
  })
  return (a, b, c) => {
    if (last === undefined || last.a !== a || last.b !== b || last.c !== c) {
      const key = `${a} ${b} ${c}`
      last = series.get(key)
      if (last === undefined) {
        last = { a, b, c, count: 0 }
        series.set(key, last)
      }
    }
    last.count += 1
  }
}

interface Series<A, B, C> {
  readonly a: A
  readonly b: B
  readonly c: C
  count: number
}

interface DurationOptions {
  readonly registry: Registry
  readonly name: string
  readonly help: string
  /** Seconds, ascending: each the longest that is counted in its bucket. */
  readonly buckets: readonly number[]
}

/** A histogram of durations; returns what takes one down, in seconds. */
export function durations({
  registry,
  name,
  help,
  buckets,
}: DurationOptions): (seconds: number) => void {
  const counts = buckets.map(() => 0)
  let count = 0
  let sum = 0
  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    async get() {
      let upToHere = 0
      const values = buckets.map((le, index) => {
        upToHere += counts[index] ?? 0
        return { metricName: `${name}_bucket`, labels: { le }, value: upToHere }
      })
      return {
        ...this,
        values: [
          ...values,
          { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: count },
          { metricName: `${name}_sum`, labels: {}, value: sum },
          { metricName: `${name}_count`, labels: {}, value: count },
        ],
      }
    },
  }
  // A registry reads nothing of a metric but these, though its type asks for one of its own classes.
  registry.registerMetric(metric as unknown as Metric)
  return (seconds) => {
    count += 1
    sum += seconds
    for (let at = 0; at < buckets.length; at++) {
      if (seconds <= (buckets[at] ?? 0)) {
        counts[at] = (counts[at] ?? 0) + 1
        return
      }
    }
  }
}
