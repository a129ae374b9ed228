/**
 * Measures `/auth/verify` with cached credentials: its requests per second against a bare `node:http` server
 * that answers with the same headers, with identity tokens and without; and nginx with `auth_request`
 * against the same nginx without it, in front of a bare server.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { estimate, freePort, get, latchkey, show, start, startLatchkey } from '../measure.mjs'
import { compare, ratioOf } from './interleaved.mjs'

const constantServer = fileURLToPath(new URL('../constant-server.mjs', import.meta.url))
const nginxExample = fileURLToPath(new URL('../../../docs/examples/proxies/nginx', import.meta.url))
const credentials = 50

export async function measureForwardAuth(world, settings) {
  const { folder, keys } = world
  const environment = { ...world.environment, LOG_LEVEL: 'warn' }
  const keysFile = join(folder, 'identity-keys.json')
  latchkey(['identity-keys', 'new', '--file', keysFile], environment)
  const signing = { ...environment, IDENTITY_KEYS_FILE: keysFile }
  const known = keys.slice(0, credentials)
  const requests = (path) => known.map((key) => get(path, key))
  const alike = async (other) => startConstant(await answerHeaders(other, known[0]))

  const servers = {
    plain: () => startLatchkey(environment),
    plainConstant: () => alike(environment),
    signing: () => startLatchkey(signing),
    signingConstant: () => alike(signing),
  }
  const verify = requests('/auth/verify?scope=read:users')
  const arms = {
    base: { server: 'plainConstant', requests: verify },
    plain: { server: 'plain', requests: verify },
    signing: { server: 'signing', requests: verify },
    signingConstant: { server: 'signingConstant', requests: verify },
  }
  const hasNginx = spawnSync('nginx', ['-v']).status === 0
  if (hasNginx) {
    let count = 0
    servers.nginx = () => startNginx(join(folder, `nginx-${count++}`), signing)
    arms.checked = { server: 'nginx', requests: requests('/orders/') }
    arms.unchecked = { server: 'nginx', requests: requests('/plain/') }
  }
  // A request takes a third of the time of a GraphQL request, and code is optimized by its number of calls.
  const seen = await compare(servers, arms, { ...settings, warmUpRequests: 50_000 })
  const row = (name, one, other, goal) => {
    const ratio = ratioOf(seen, one, other)
    return {
      figure: `\`/auth/verify\` ${name}, cached key, against bare \`node:http\` with the same headers`,
      result: show(ratio),
      goal: `≥ ${goal}`,
      met: ratio.median >= goal,
    }
  }
  return [
    row('without `X-Identity`', 'plain', 'base', 0.9),
    row('with `X-Identity`', 'signing', 'signingConstant', 0.9),
    nginxRow(hasNginx && seen),
  ]
}

/** @param seen `false`: there is no nginx */
function nginxRow(seen) {
  const figure = 'nginx with `auth_request`, against the same without'
  if (!seen) return { figure, result: 'left out: nginx is not installed' }
  const added = (name) =>
    show(estimate(seen.checked.map((answer, n) => answer[name] - seen.unchecked[n][name])))
  return {
    figure,
    result: `${show(ratioOf(seen, 'checked', 'unchecked'))}; adds p50 ${added('p50')} ms, p99 ${added('p99')} ms`,
  }
}

function startConstant(headers) {
  return start(process.execPath, [constantServer], { CONSTANT_HEADERS: JSON.stringify(headers) })
}

/** The headers of a 200 answer, except those that Node adds. */
async function answerHeaders(environment, key) {
  const server = await startLatchkey(environment)
  const answer = await fetch(`http://127.0.0.1:${server.port}/auth/verify`, {
    headers: { authorization: `Bearer ${key}` },
  })
  await server.stop()
  const own = [...answer.headers].filter(([name]) => !/^(date|connection|keep-alive)$/.test(name))
  return Object.fromEntries(own)
}

/** Starts nginx with the documented configuration and an additional path that is not checked, and its backends. */
async function startNginx(copy, environment) {
  const verify = await startLatchkey(environment)
  const backend = await startConstant({ 'content-length': '0' })
  const port = await freePort()
  cpSync(nginxExample, copy, { recursive: true })
  const file = join(copy, 'nginx.conf')
  const plain = `location /plain/ {
      proxy_pass http://orders;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
  }`
  const text = readFileSync(file, 'utf8')
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${verify.port}`)
    .replaceAll('127.0.0.1:4001', `127.0.0.1:${backend.port}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replace('        location /orders/ {', `        ${plain}\n        location /orders/ {`)
    .replace('    server {', '    keepalive_requests 1000000;\n    server {')
  writeFileSync(file, text)
  const nginx = await start(
    'nginx',
    ['-p', copy, '-c', 'nginx.conf', '-g', 'daemon off;'],
    {},
    port,
  )
  return {
    port,
    async stop() {
      for (const one of [nginx, backend, verify]) await one.stop()
    },
  }
}
