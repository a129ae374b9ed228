/**
 * Runs a server under mixed load for a long time: cached and unknown credentials, documents of every kind,
 * mutations, clients that disconnect, proxies and services. Prints each minute its smallest heap, its
 * resident memory and its open descriptors, and ends with 1 if one of them is more than a tenth larger in
 * the last third of the time than in the third before it.
 *
 *   npm run build && node test/bench/soak.mjs [minutes, default 30] [requests a second, default 300]
 */
import { connect } from 'node:net'
import { join } from 'node:path'
import { createClient, whoAmI } from '../cluster/client.mjs'
import {
  describeMachine,
  inTemporaryFolder,
  latchkey,
  median,
  post,
  startLatchkey,
} from './measure.mjs'
import { createWorld, strangeKeys } from './world.mjs'

const [minutes = 30, perSecond = 300] = process.argv.slice(2).map(Number)
if (!(minutes >= 3 && perSecond > 0)) {
  console.error('Pass at least 3 minutes, and a number of requests a second.')
  process.exitCode = 2
} else await inTemporaryFolder(soak)

async function soak(folder) {
  const machine = describeMachine()
  const world = await createWorld(folder, { keys: 2_000, tokens: 500 })
  const [owner] = await world.makeTokens(1, 'ES256', ['read:keys', 'read:users', 'write:keys'])
  const environment = {
    ...world.environment,
    LOG_LEVEL: 'error',
    KEY_MAX_PER_USER: '1000000',
    IDENTITY_KEYS_FILE: join(folder, 'identity-keys.json'),
  }
  latchkey(['identity-keys', 'new', '--file', environment.IDENTITY_KEYS_FILE], environment)
  const service = await introspector(world, environment)
  const node = await startLatchkey(environment)
  const client = createClient(node.port, 32)
  try {
    const counts = new Map()
    const ends = performance.now() + minutes * 60_000
    const [samples] = await Promise.all([
      watch(node.port, counts, ends),
      keepAsking({ world, owner, service, client, port: node.port, counts, ends }),
    ])
    console.log(`\n${machine}.`)
    console.log(`Answers: ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}.`)
    process.exitCode = isFlat(samples) ? 0 : 1
  } finally {
    client.close()
    await node.stop()
    await world.close()
  }
}

/** Sends requests of each kind by its share, at a constant rate, without waiting for answers. */
async function keepAsking({ world, owner, service, client, port, counts, ends }) {
  const { keys, tokens } = world
  const any = (list) => list[Math.floor(Math.random() * list.length)]
  const count = (what) => counts.set(what, (counts.get(what) ?? 0) + 1)
  const ask = (what, ...asked) =>
    client.ask(...asked).then(({ status, body }) => {
      count(`${what} ${status}`)
      return body
    })
  const call = async (what, path, credential, options = {}) => {
    const headers = { authorization: `Bearer ${credential}` }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...options, headers })
    await answer.arrayBuffer()
    count(`${what} ${answer.status}`)
  }
  const introspect = (token) =>
    call('introspection', '/oauth2/introspect', service, {
      method: 'POST',
      body: new URLSearchParams({ token }),
    })
  const kinds = [
    [35, () => ask('key', any(keys), whoAmI)],
    [25, () => ask('JWT', any(tokens), whoAmI)],
    [5, () => ask('unknown key', strangeKeys(1)[0], whoAmI)],
    [5, () => ask('malformed key', `${any(keys)}x`, whoAmI)],
    [4, () => ask('invalid document', any(keys), `{ no${Math.random().toString(36).slice(2)} }`)],
    [
      4,
      () => ask('new document', any(keys), `{ a${Math.floor(Math.random() * 1e9)}: __typename }`),
    ],
    [3, () => ask('list', any(keys), '{ users(first: 20) { nodes { id subject } } }')],
    [12, () => call('verification', '/auth/verify?scope=read:users', any(keys))],
    [3, () => introspect(any(keys))],
    [2, () => leave(port, any(keys))],
    [2, () => liveOnce(ask, owner)],
  ]
  const drawn = kinds.flatMap(([share, kind]) => Array.from({ length: share }, () => kind))
  const underWay = new Set()
  let failure
  let due = performance.now()
  while (due < ends) {
    due += 1_000 / perSecond
    await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())))
    if (underWay.size >= 500) continue
    if (failure !== undefined) throw failure
    const one = any(drawn)()
      .catch((error) => {
        failure = error
      })
      .finally(() => underWay.delete(one))
    underWay.add(one)
  }
  await Promise.all(underWay)
}

/** Creates, uses, rotates and revokes a key. */
async function liveOnce(ask, owner) {
  const change = async (name, input, fields) => {
    const query = `mutation ($input: ${name[0].toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${fields} } }`
    const body = await ask(name, owner, query, { input })
    const { data, errors } = JSON.parse(body)
    if (errors !== undefined) throw new Error(body)
    return data[name]
  }
  const made = await change(
    'createApiKey',
    { name: 'soak', scopes: ['read:users'] },
    'secret apiKey { id }',
  )
  const { id } = made.apiKey
  await ask('key', made.secret, whoAmI)
  const { secret } = await change('rotateApiKey', { id }, 'secret')
  await ask('key', secret, whoAmI)
  await change('revokeApiKey', { id }, 'apiKey { id }')
  await ask('revoked key', secret, whoAmI)
}

/** Creates the key of a service that may introspect any credential. */
async function introspector({ sql }, environment) {
  const held = 'introspect:tokens'
  await sql`insert into latchkey.users (issuer, subject) values (${environment.JWT_ISSUER}, 'asker')`
  latchkey(['users', 'grant', 'asker', '--scopes', held], environment)
  return latchkey(
    ['keys', 'create', '--owner', 'asker', '--name', 'soak', '--scopes', held],
    environment,
  ).trim()
}

/** Disconnects in the middle of a request. */
function leave(port, key) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      const request = post(whoAmI, key)
      socket.write(request.slice(0, Math.floor(Math.random() * request.length)), () =>
        socket.destroy(),
      )
    })
    socket.on('error', () => {}).on('close', resolve)
  })
}

async function watch(port, counts, ends) {
  const minutes = []
  console.log('minute   heap MB   resident MB   descriptors   answers')
  while (performance.now() < ends) {
    const until = Math.min(ends, performance.now() + 60_000)
    const seen = []
    while (performance.now() < until) {
      seen.push(await readMetrics(port))
      await new Promise((done) => setTimeout(done, 1_000))
    }
    const minute = {
      heap: Math.min(...seen.map(({ heap }) => heap)),
      resident: median(seen.map(({ resident }) => resident)),
      descriptors: median(seen.map(({ descriptors }) => descriptors)),
    }
    minutes.push(minute)
    const answers = [...counts.values()].reduce((sum, count) => sum + count, 0)
    console.log(
      [
        String(minutes.length).padStart(6),
        megabytes(minute.heap).padStart(10),
        megabytes(minute.resident).padStart(14),
        String(minute.descriptors).padStart(14),
        String(answers).padStart(10),
      ].join(''),
    )
  }
  return minutes
}

async function readMetrics(port) {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const value = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  return {
    heap: value('nodejs_heap_size_used_bytes'),
    resident: value('process_resident_memory_bytes'),
    descriptors: value('process_open_fds'),
  }
}

/** Ignores the first third, in which bounded caches fill. */
function isFlat(minutes) {
  const third = Math.floor(minutes.length / 3)
  const [before, last] = [minutes.slice(third, 2 * third), minutes.slice(-third)]
  return ['heap', 'resident', 'descriptors'].every((name) => {
    const [a, b] = [before, last].map((part) => median(part.map((minute) => minute[name])))
    console.log(`${name}: ${(b / a).toFixed(3)} of the third before`)
    return b <= a * 1.1
  })
}

function megabytes(bytes) {
  return (bytes / 2 ** 20).toFixed(1)
}
