import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  Registry,
} from 'prom-client'
import type { Authentication, Authenticator, Refusal } from '../credentials/authenticator.ts'
import { authMethod } from '../identity/claims.ts'
import { tally } from './tallies.ts'

export interface Metrics {
  /** @param route one of the server's own paths, or `other`; never a text from a client */
  countRequest(route: string, method: string, status: number): void
  /** Returns an authenticator that counts and times each call of `authenticator`. */
  measure<A extends Authenticator>(authenticator: A): A
  /** Answers in the text format of Prometheus. */
  answer(): Promise<Response>
}

export interface MetricsParts {
  /** Returns whether the database answers now. */
  readonly isDatabaseUp: () => Promise<boolean>
  /** Returns the state of the proofs that changes reach this node; `null` while the cache is not in use. */
  readonly freshness: () => FreshnessMetrics | null
  /** Other processes at the same address, whose metrics are merged with this one's. Default: none. */
  readonly peers?: MetricsPeers
}

interface FreshnessMetrics {
  readonly session: boolean
  readonly heartbeat: boolean
  readonly lookup: boolean
  /** Milliseconds; `null`: no heartbeat was received. */
  readonly leaseAge: number | null
  readonly reconnects: number
}

/** Processes that share one address. A scraper cannot choose between them, so each answers for all. */
export interface MetricsPeers {
  /** Registers the function that reads the metrics of this process. */
  offer(read: () => Promise<MetricsSnapshot>): void
  /** Collects the metrics of all processes that answer, this one included. */
  collect(): Promise<readonly MetricsSnapshot[]>
}

/** Metrics as JSON that `prom-client` can aggregate with those of another process. */
export type MetricsSnapshot = readonly object[]

const methods = new Set('GET HEAD POST PUT PATCH DELETE OPTIONS'.split(' '))

/**
 * Counts the work of this process and its peers since they started. No label has a user, a credential or an
 * address.
 */
export function createMetrics({ isDatabaseUp, freshness, peers }: MetricsParts): Metrics {
  const registry = new Registry()
  const countRequest = tally({
    registry,
    name: 'latchkey_http_requests_total',
    help: 'Requests answered, by path, method and status.',
    labels: ['path', 'method', 'status'],
  })
  const record = authenticationMetrics(registry)
  addDatabaseMetric(registry, isDatabaseUp)
  addFreshnessMetrics(registry, freshness)

  const ownRegistry = () => Registry.merge([registry, processMetrics()])
  peers?.offer(() => ownRegistry().getMetricsAsJSON())

  return {
    countRequest: (route, method, status) =>
      countRequest(route, methods.has(method) ? method : 'other', String(status)),

    measure: (authenticator) => ({
      ...authenticator,
      authenticate(carrier) {
        const started = performance.now()
        const outcome = authenticator.authenticate(carrier)
        return outcome instanceof Promise
          ? outcome.then((settled) => record(settled, started))
          : record(outcome, started)
      },
    }),

    async answer() {
      const merged =
        peers === undefined
          ? ownRegistry()
          : AggregatorRegistry.aggregate((await peers.collect()).map((metrics) => [...metrics]))
      return new Response(await merged.metrics(), {
        headers: { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE, 'cache-control': 'no-store' },
      })
    },
  }
}

/** Returns a function that records an outcome and the time since `started`, and returns the outcome. */
function authenticationMetrics(registry: Registry) {
  const count = tally({
    registry,
    name: 'latchkey_authentications_total',
    help: 'Requests by kind of credential, outcome, and reason of refusal.',
    labels: ['kind', 'outcome', 'reason'],
  })
  const time = new Histogram({
    name: 'latchkey_authentication_duration_seconds',
    help: 'Time to authenticate a credential.',
    buckets: [1e-5, 2.5e-5, 1e-4, 2.5e-4, 1e-3, 2.5e-3, 0.01, 0.025, 0.1, 0.25, 1],
    registers: [registry],
  })
  return (outcome: Authentication, started: number): Authentication => {
    if (outcome.kind === 'anonymous') {
      count('none', 'anonymous', '')
      return outcome
    }
    time.observe((performance.now() - started) / 1000)
    if (outcome.kind === 'refused') count(...refusalLabels(outcome.refusal))
    else count(authMethod(outcome.principal), 'accepted', '')
    return outcome
  }
}

function addDatabaseMetric(registry: Registry, isUp: MetricsParts['isDatabaseUp']): void {
  new Gauge({
    name: 'latchkey_database_up',
    help: 'Whether the database answered when this was read.',
    aggregator: 'min',
    registers: [registry],
    async collect() {
      this.set((await isUp()) ? 1 : 0)
    },
  })
}

function addFreshnessMetrics(registry: Registry, freshness: MetricsParts['freshness']): void {
  const registers = [registry]
  new Gauge({
    name: 'latchkey_lease_age_seconds',
    help: 'Time since the last received heartbeat was sent; NaN while none is received.',
    aggregator: 'max',
    registers,
    collect() {
      const leaseAge = freshness()?.leaseAge ?? null
      this.set(leaseAge === null ? Number.NaN : leaseAge / 1000)
    },
  })
  new Gauge({
    name: 'latchkey_freshness_proof',
    help: 'Whether a proof that changes reach this node holds (1) or fails (0).',
    labelNames: ['proof'],
    aggregator: 'min',
    registers,
    collect() {
      const state = freshness()
      for (const proof of ['session', 'heartbeat', 'lookup'] as const) {
        this.set({ proof }, state?.[proof] === true ? 1 : 0)
      }
    },
  })
  new Counter({
    name: 'latchkey_listener_reconnects_total',
    help: 'Number of times that the LISTEN session was reopened.',
    registers,
    collect() {
      this.reset()
      this.inc(freshness()?.reconnects ?? 0)
    },
  })
}

function refusalLabels({ reason, credentialId }: Refusal): [string, string, string] {
  const outcome = reason === 'unavailable' ? 'unavailable' : 'refused'
  return [kindOf(reason, credentialId), outcome, reason]
}

/**
 * Derives the kind of a refused credential. The refusal of a key has its id; one for the owner of a JWT has
 * none.
 */
function kindOf(reason: string, credentialId: string | null): string {
  if (credentialId !== null || reason.startsWith('key-')) return 'api-key'
  return /^(jwt|owner)-/.test(reason) ? 'jwt' : 'unknown'
}

/**
 * Gauges of `prom-client` with names of counters, which `promtool check metrics` reports. Each is the sum
 * over `type` of the gauge without the suffix.
 */
const misnamedGauges = ['handles', 'requests', 'resources'].map(
  (kind) => `nodejs_active_${kind}_total`,
)

let processRegistry: Registry | undefined

/**
 * Returns the registry of process metrics, created at the first call. A process has one, even with several
 * servers.
 */
function processMetrics(): Registry {
  if (processRegistry === undefined) {
    processRegistry = new Registry()
    collectDefaultMetrics({ register: processRegistry })
    for (const name of misnamedGauges) processRegistry.removeSingleMetric(name)
  }
  return processRegistry
}
