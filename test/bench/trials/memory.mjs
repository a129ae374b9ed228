/** Growth of resident memory under many different credentials: good, unknown, malformed, no tokens. */
import { limitHeapGrowth } from '../../../dist/server/heap.js'
import { strangeKeys } from '../world.mjs'
import { answer, bearer, input, openAuthenticator } from './setting.mjs'

const { keys, count } = input
if (input.smallHeap) limitHeapGrowth()
const authenticator = await openAuthenticator()
const batch = 2_000

async function present(credentials) {
  await Promise.all(credentials.map((one) => authenticator.authenticate(bearer(one))))
}

/** Eight credentials are three unknown keys, two malformed ones, two that look like JWTs, and a valid one. */
function batchFrom(start) {
  const unknown = strangeKeys((batch * 3) / 8)
  const good = Array.from({ length: batch / 8 }, (_, n) => keys[(start / 8 + n) % keys.length])
  const malformed = unknown
    .slice(0, batch / 4)
    .map((key) => `${key.slice(0, -1)}${key.endsWith('0') ? 1 : 0}`)
  const tokens = unknown
    .slice(0, batch / 4)
    .map((key) => `eyJhbGciOiJSUzI1NiJ9.${key.slice(3)}.${key.slice(20)}`)
  return [...unknown, ...good, ...malformed, ...tokens]
}

function memory() {
  global.gc()
  global.gc()
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heapUsed }
}

// Code is compiled and connections are opened before the first measurement.
const first = batchFrom(0)
for (let n = 0; n < 20; n++) await present(first)
const before = memory()
let peak = before.rss
for (let start = 0; start < count; start += batch) {
  await present(batchFrom(start))
  peak = Math.max(peak, process.memoryUsage().rss)
}
const after = memory()
answer({
  resident: after.rss - before.rss,
  peak: peak - before.rss,
  heap: after.heapUsed - before.heapUsed,
})
