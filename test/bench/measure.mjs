/** The parts that all benchmarks need: processes, arms in turn, and statistics. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const bin = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Calls `use` with a folder that the database's account can read too, and removes it afterwards. */
export async function inTemporaryFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  chmodSync(folder, 0o755)
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts a process that listens on `PORT`; resolves once `/readyz` answers with another status than 503. */
export async function start(command, words, environment, known, stdio = 'ignore') {
  const port = known ?? (await freePort())
  const child = spawn(command, words, {
    env: { PATH: process.env.PATH, PORT: String(port), ...environment },
    stdio,
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      async (answer) => {
        await answer.text()
        return answer.status !== 503
      },
      () => false,
    )
  while (!(await isReady())) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${command} ${words.join(' ')} has ended`)
    await new Promise((done) => setTimeout(done, 50))
  }
  return {
    port,
    kill: (signal) => child.kill(signal),
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

export function startLatchkey(environment) {
  return start(process.execPath, [bin, 'serve'], environment)
}

/** Runs a command of the built program and returns its output. */
export function latchkey(words, environment) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...words], {
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}

/** The text of a GET request, for `load`. */
export function get(path, credential) {
  return `GET ${path} HTTP/1.1\r\nHost: bench.example\r\nAuthorization: Bearer ${credential}\r\n\r\n`
}

/** The text of a GraphQL request, for `load`. */
export function post(query, credential) {
  const body = JSON.stringify({ query })
  const authorization = credential === undefined ? '' : `Authorization: Bearer ${credential}\r\n`
  return (
    'POST /graphql HTTP/1.1\r\nHost: bench.example\r\nContent-Type: application/json\r\n' +
    `${authorization}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  )
}

/** The request interface that the authenticator reads. */
export function bearer(credential) {
  const value = `Bearer ${credential}`
  return {
    header: (name) => (name === 'authorization' ? value : null),
    queryParameters: () => [],
  }
}

/** Calls each arm once, in random order, one at a time; returns the results by the same names. */
export async function inTurn(arms) {
  const answers = {}
  for (const name of shuffled(Object.keys(arms))) answers[name] = await arms[name]()
  return answers
}

export function shuffled(list) {
  const order = list.map((item) => [Math.random(), item])
  return order.sort(([a], [b]) => a - b).map(([, item]) => item)
}

export function median(values) {
  return quantile(values, 0.5)
}

export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN
}

/** The median with its 90 % interval, by bootstrap. */
export function estimate(values) {
  const one = () => values[Math.floor(Math.random() * values.length)]
  const medians = Array.from({ length: 1_000 }, () => median(values.map(one)))
  return { median: median(values), low: quantile(medians, 0.05), high: quantile(medians, 0.95) }
}

/** `1.02 (0.98 to 1.05)`. */
export function show({ median, low, high }, digits = 2) {
  const text = (value) => value.toFixed(digits)
  return `${text(median)} (${text(low)} to ${text(high)})`
}

/** Describes the machine and the versions that the figures depend on. */
export function describeMachine() {
  const [cpu] = cpus()
  const load = loadavg().map((value) => value.toFixed(1))
  return (
    `${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${gigabytes(totalmem())} GB, ` +
    `${process.platform} ${process.arch}, Node ${process.version}, ` +
    `load before the start ${load.join(' ')}, packages ${versions()}`
  )
}

function versions() {
  return ['graphql', 'graphql-yoga', 'jose', 'postgres']
    .map((name) => {
      const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
      return `${name} ${JSON.parse(readFileSync(file, 'utf8')).version}`
    })
    .join(', ')
}

function gigabytes(bytes) {
  return (bytes / 2 ** 30).toFixed(0)
}
