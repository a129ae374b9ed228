/**
 * Measures whether the time of a refusal reveals its reason: an unknown key id, the id of another user's key
 * with a wrong secret, or the id of the caller's key with a wrong secret; and whether the time of a mutation
 * reveals that an id is another user's and not unknown. Prints for each pair the difference of the 20 %
 * trimmed means with its 99 % interval (bootstrap) and the p-value of a Mann-Whitney test.
 *
 *   npm run build && node test/bench/refusal-timing.mjs [rounds]
 */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { createKeyMaker } from '../../dist/credentials/key-maker.js'
import { createSecretHasher } from '../../dist/credentials/secret-hash.js'
import { createApp, loadConfig } from '../../dist/server.js'

const rounds = Number(process.argv[2] ?? 4000)
const warmUp = 500
const dataDir = mkdtempSync(join(tmpdir(), 'latchkey-timing-'))
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const jwks = createServer((_request, response) =>
  response.end(
    JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'EdDSA' }] }),
  ),
)
await new Promise((done) => jwks.listen(0, '127.0.0.1', done))
const issuer = `http://127.0.0.1:${jwks.address().port}`
const app = await createApp(
  loadConfig({
    DATA_DIR: dataDir,
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: 'x',
    JWKS_URI: `${issuer}/jwks`,
    AUTH_FAILURES_PER_MINUTE: '0',
    KEY_MAX_PER_USER: '1000',
    LOG_LEVEL: 'silent',
  }),
)

const scopes = ['read:keys', 'read:users', 'write:keys']
const jwt = (sub) =>
  new SignJWT({ sub, scope: scopes.join(' '), aud: 'x' })
    .setProtectedHeader({ alg: 'EdDSA', kid: 'k' })
    .setIssuer(issuer)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey)
const [alice, bob] = [await jwt('alice'), await jwt('bob')]
const maker = createKeyMaker('lk', createSecretHasher())

function request(credential, query, variables = {}) {
  return new Request('http://timing.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
    body: JSON.stringify({ query, variables }),
  })
}

async function makeKey(as) {
  const answer = await app.fetch(
    request(
      as,
      `mutation { createApiKey(input: { name: "k", scopes: ${JSON.stringify(scopes)} }) { apiKey { id } } }`,
    ),
  )
  return (await answer.json()).data.createApiKey.apiKey.id
}

const mine = []
const theirs = []
for (let n = 0; n < 200; n++) {
  mine.push(await makeKey(alice))
  theirs.push(await makeKey(bob))
}
const oneOf = (list) => list[Math.floor(Math.random() * list.length)]
const unknownIds = mine.map(() => maker.newKey().id)
const wrong = (id) => maker.newSecret(id).key
const who = '{ viewer { subject } }'
const rename =
  'mutation ($id: ID!) { updateApiKey(input: { id: $id, name: "x" }) { apiKey { id } } }'

/** Each arm makes a request before the clock starts. All use one document, so that caches have no influence. */
const experiments = {
  'a credential': {
    'unknown id': () => request(wrong(oneOf(unknownIds)), who),
    'known id, wrong secret': () => request(wrong(oneOf(mine)), who),
    "another's id, wrong secret": () => request(wrong(oneOf(theirs)), who),
  },
  'a mutation': {
    'unknown id': () => request(alice, rename, { id: oneOf(unknownIds) }),
    "another's id": () => request(alice, rename, { id: oneOf(theirs) }),
  },
}

for (const [title, arms] of Object.entries(experiments)) {
  const names = Object.keys(arms)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  const texts = new Set()
  for (let round = -warmUp; round < rounds; round++) {
    for (const name of shuffled(names)) {
      const asked = arms[name]()
      await atAnyMoment()
      const started = performance.now()
      const response = await app.fetch(asked)
      const text = await response.text()
      const took = (performance.now() - started) * 1000
      texts.add(`${response.status} ${text}`)
      if (round >= 0) times[name].push(took)
    }
  }
  console.log(`\n${title} (${rounds} each, µs); ${texts.size} different answer(s)`)
  for (const name of names) {
    const sorted = [...times[name]].sort((a, b) => a - b)
    console.log(
      `  ${name.padEnd(28)} median ${quantile(sorted, 0.5).toFixed(1)}, trimmed mean ${trimmedMean(sorted).toFixed(1)}`,
    )
  }
  // Two halves of one arm show the error of the method.
  const first = names[0]
  const halves = [
    times[first].filter((_, i) => i % 2 === 0),
    times[first].filter((_, i) => i % 2 === 1),
  ]
  report(`${first}, halved`, halves[0], halves[1])
  for (let i = 0; i < names.length; i++) {
    for (let j = i + 1; j < names.length; j++) {
      report(`${names[i]} - ${names[j]}`, times[names[i]], times[names[j]])
    }
  }
}
await app.close()
jwks.close()
rmSync(dataDir, { recursive: true, force: true })

/** Waits a random time, so that work left over from the last request does not count for the next one. */
async function atAnyMoment() {
  await new Promise((done) => setImmediate(done))
  const until = performance.now() + 2 * Math.random()
  while (performance.now() < until);
  await new Promise((done) => setImmediate(done))
}

function report(title, a, b) {
  const differences = []
  for (let n = 0; n < 1000; n++) {
    differences.push(trimmedMean(resample(a)) - trimmedMean(resample(b)))
  }
  differences.sort((x, y) => x - y)
  const [low, high] = [quantile(differences, 0.005), quantile(differences, 0.995)]
  const difference =
    trimmedMean([...a].sort((x, y) => x - y)) - trimmedMean([...b].sort((x, y) => x - y))
  const p = mannWhitney(a, b)
  console.log(
    `  ${title}: ${difference.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}], p = ${p.toFixed(3)}`,
  )
}

function resample(list) {
  const drawn = Float64Array.from({ length: list.length }, () => oneOf(list))
  return drawn.sort()
}

/** @param sorted in ascending order */
function trimmedMean(sorted) {
  const cut = Math.floor(sorted.length * 0.2)
  const kept = sorted.slice(cut, sorted.length - cut)
  return kept.reduce((sum, value) => sum + value, 0) / kept.length
}

function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}

/** The two-sided p-value, by the normal approximation. */
function mannWhitney(a, b) {
  const all = [...a.map((value) => [value, 0]), ...b.map((value) => [value, 1])].sort(
    (x, y) => x[0] - y[0],
  )
  let rankSum = 0
  all.forEach(([, arm], index) => {
    if (arm === 0) rankSum += index + 1
  })
  const u = rankSum - (a.length * (a.length + 1)) / 2
  const mean = (a.length * b.length) / 2
  const deviation = Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12)
  return 2 * (1 - normal(Math.abs((u - mean) / deviation)))
}

/** The cumulative normal distribution (Abramowitz and Stegun 26.2.17). */
function normal(z) {
  const t = 1 / (1 + 0.2316419 * z)
  const tail =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * tail
}

function shuffled(list) {
  return [...list]
    .map((value) => [Math.random(), value])
    .sort((x, y) => x[0] - y[0])
    .map(([, value]) => value)
}
