/** Measures how long each request of the corpus blocks the process, in milliseconds of processor time. */
import { loadConfig } from '../../../dist/config.js'
import { createApp } from '../../../dist/server/create-app.js'
import { corpus } from '../hostile/corpus.mjs'
import { mutations } from '../hostile/fuzzer.mjs'
import { median } from '../measure.mjs'
import { answer, input } from './setting.mjs'

const { environment, key, owner, repeats, mutated } = input
const app = await createApp(loadConfig({ ...environment, LOG_LEVEL: 'silent' }))

async function send({ body, as, headers = {} }) {
  const request = new Request('http://bench.example/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(as === 'key' && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body,
  })
  const response = await app.fetch(request)
  await response.text()
  return response.status
}

/** The processor time of the longest turn of the event loop until `request` is answered. */
async function longestTurn(request) {
  let isDone = false
  let longest = 0
  let before = process.cpuUsage()
  await new Promise((done) => setImmediate(done))
  const watch = () => {
    const { user, system } = process.cpuUsage(before)
    longest = Math.max(longest, (user + system) / 1_000)
    before = process.cpuUsage()
    if (!isDone) setImmediate(watch)
  }
  before = process.cpuUsage()
  setImmediate(watch)
  const status = await send(request)
  isDone = true
  await new Promise((done) => setImmediate(done))
  return { milliseconds: longest, status }
}

let number = 0
/** Returns the same request with a document that is new to the server. */
function renewed(request) {
  number += 1
  const mark = ' '.repeat(number % 50) + '\t'.repeat(Math.floor(number / 50) % 50)
  const body = request.body.replace('{"query":"', `{"query":"${mark.replaceAll('\t', '\\t')}`)
  return {
    ...request,
    body: body.replace('"variables":{"d":"', `"variables":{"d":"${mark.replaceAll('\t', '\\t')}`),
  }
}

async function measure(request, times = repeats) {
  const seen = []
  for (let n = 0; n < times; n++) seen.push(await longestTurn(renewed(request)))
  const { name, as } = request
  return {
    name,
    as,
    status: seen[0].status,
    milliseconds: median(seen.map((one) => one.milliseconds)),
  }
}

const typename = { name: '{__typename}', as: 'key', body: '{"query":"{__typename}"}' }
const requests = corpus(owner)
// This warms up the code, because a running server has it compiled.
for (const request of requests) await send(renewed(request))
for (let n = 0; n < 2_000; n++) await send(renewed(typename))
const base = await measure(typename, 50)
const figures = []
for (const request of requests) figures.push(await measure(request))
const fuzzed = []
for (const request of mutations(requests, mutated, 1)) {
  const once = await longestTurn(request)
  // The median excludes pauses of the machine and of the garbage collector.
  if (once.milliseconds > 5) fuzzed.push(await measure(request))
}
figures.sort((a, b) => b.milliseconds - a.milliseconds)
fuzzed.sort((a, b) => b.milliseconds - a.milliseconds)
answer({ base: base.milliseconds, figures, fuzzed })
