/** Sends load over HTTP, by `wrk` if it is installed, because it takes little of the machine. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quantile } from './measure.mjs'

const hasWrk = spawnSync('wrk', ['-v']).error === undefined

/** The load generator, for the description of the machine. */
export const loadName = hasWrk
  ? 'load by wrk'
  : 'load by a process of Node, which takes as much of the machine as a server: install wrk'

/**
 * Sends `requests` in turn, one after the other on each connection. Throws if an answer has another status
 * than `status`.
 *
 * @param requests whole HTTP/1.1 requests as text
 * @param milliseconds the duration; wrk takes whole seconds, at least one
 */
export const load = hasWrk ? loadByWrk : loadByNode

async function loadByWrk(port, requests, milliseconds, { connections = 32, status = 200 } = {}) {
  const seconds = Math.max(1, Math.round(milliseconds / 1_000))
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', scriptFor(requests)]
  const output = await outputOf('wrk', [...words, `http://127.0.0.1:${port}`])
  const summary = JSON.parse(output.slice(output.lastIndexOf('\n{')))
  const unlike = status < 400 ? summary.failed : summary.answered - summary.failed
  if (unlike > 0 || summary.broken > 0 || summary.answered === 0) {
    throw new Error(
      `Expected ${status} of ${summary.answered} answers, and ${unlike} have another status.`,
    )
  }
  return { perSecond: summary.answered / summary.seconds, p50: summary.p50, p99: summary.p99 }
}

const scripts = new WeakMap()
let folder

/** Writes the Lua script by which wrk sends the requests. It does not read responses, which would be slow. */
function scriptFor(requests) {
  let file = scripts.get(requests)
  if (file === undefined) {
    if (folder === undefined) {
      folder = mkdtempSync(join(tmpdir(), 'latchkey-wrk-'))
      process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    }
    file = join(folder, `${Math.random().toString(36).slice(2)}.lua`)
    const texts = requests.map((text) => JSON.stringify(text)).join(',\n')
    writeFileSync(
      file,
      `local requests = {${texts}}
local next = 0
init = function() math.randomseed(os.time()); next = math.random(#requests) end
request = function()
  next = next % #requests + 1
  return requests[next]
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\\n{"answered":%d,"failed":%d,"broken":%d,"seconds":%f,"p50":%f,"p99":%f}',
    summary.requests, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
`,
    )
    scripts.set(requests, file)
  }
  return file
}

function outputOf(command, words) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text
    })
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${command} ended with ${code}`)),
    )
  })
}

async function loadByNode(port, requests, milliseconds, { connections = 32, status = 200 } = {}) {
  const until = performance.now() + milliseconds
  const latencies = []
  const expected = `HTTP/1.1 ${status} `
  let failed = null
  const started = performance.now()
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise((resolve, reject) => {
          const socket = connect(port, '127.0.0.1')
          let sentAt = 0
          let answer = ''
          const ask = () => {
            sentAt = performance.now()
            socket.write(nextOf(requests))
          }
          socket.setNoDelay(true)
          socket.setEncoding('latin1')
          socket.on('connect', ask)
          socket.on('error', reject)
          socket.on('data', (text) => {
            answer += text
            if (!isWhole(answer)) return
            if (!answer.startsWith(expected)) failed ??= answer
            answer = ''
            latencies.push(performance.now() - sentAt)
            if (performance.now() < until) return ask()
            socket.destroy()
            resolve()
          })
        }),
    ),
  )
  const seconds = (performance.now() - started) / 1000
  if (failed !== null) throw new Error(`Expected ${expected}and got:\n${failed}`)
  return {
    perSecond: latencies.length / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}

const positions = new WeakMap()

function nextOf(requests) {
  const at = positions.get(requests) ?? 0
  positions.set(requests, at + 1)
  return requests[at % requests.length]
}

function isWhole(answer) {
  const head = answer.indexOf('\r\n\r\n')
  if (head < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(answer)
  if (length !== null && length.index < head) return answer.length >= head + 4 + Number(length[1])
  if (/\r\ntransfer-encoding: *chunked/i.test(answer)) return answer.endsWith('\r\n0\r\n\r\n')
  return true
}
