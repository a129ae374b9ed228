/**
 * What `/auth/verify` costs with credentials that the node knows: its requests per second against a
 * bare `node:http` server that answers the same headers, with identity tokens and without; and nginx
 * with `auth_request` against the same nginx without, in front of that bare server.
 *
 * The two arms of each pair run in turn, a second each, in random order, in processes made new three
 * times. Prints the median of the ratios with its 90 % interval (bootstrap).
 *
 *   npm run build && node test/bench/forward-auth.mjs [rounds]
 */
import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { startEmbeddedPostgres } from '../../dist/db/embedded.js'
import { migrate } from '../../dist/db/migrate.js'
import { load } from './load.mjs'
import {
  estimate,
  freePort,
  get,
  inTemporaryFolder,
  inTurn,
  latchkey,
  show,
  start,
  startLatchkey,
} from './measure.mjs'

const rounds = Number(process.argv[2] ?? 8)
const generations = 3
const keys = 50
const script = fileURLToPath(import.meta.url)

if (process.env.CONSTANT_HEADERS !== undefined) serveConstant()
else await inTemporaryFolder(measure)

function serveConstant() {
  const headers = JSON.parse(process.env.CONSTANT_HEADERS)
  createServer({ keepAliveTimeout: 65_000, joinDuplicateHeaders: true }, (_, response) => {
    response.writeHead(200, headers)
    response.end()
  }).listen(Number(process.env.PORT), '127.0.0.1')
}

async function measure(folder) {
  const database = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: () => {} })
  try {
    await migrate(database.url, { log: () => {} })
    const environment = {
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      JWT_ISSUER: 'https://bench.example',
      JWT_AUDIENCE: 'bench',
      JWKS_URI: 'https://bench.example/jwks',
    }
    const credentials = await makeKeys(environment)
    const keysFile = join(folder, 'identity-keys.json')
    latchkey(['identity-keys', 'new', '--file', keysFile], environment)
    const signed = { ...environment, IDENTITY_KEYS_FILE: keysFile }
    const pairs = [
      ['without X-Identity', environment],
      ['with X-Identity', signed],
    ]
    for (const [name, settings] of pairs) {
      report(`/auth/verify ${name} / bare node:http`, await compareVerify(settings, credentials))
    }
    if (spawnSync('nginx', ['-v']).status === 0) await compareNginx(folder, signed, credentials)
    else console.log('nginx is not installed: left out')
  } finally {
    await database.stop()
  }
}

async function compareVerify(environment, credentials) {
  const ratios = []
  for (let generation = 0; generation < generations; generation++) {
    const verify = await startLatchkey(environment)
    const headers = await answerHeaders(verify.port, credentials[0])
    const constant = await startConstant(headers)
    const requests = credentials.map((key) => get('/auth/verify?scope=read:users', key))
    for (const { port } of [verify, constant]) await load(port, requests, 2_000)
    for (let round = 0; round < rounds; round++) {
      const { a, b } = await inTurn({
        a: () => load(verify.port, requests, 1_000),
        b: () => load(constant.port, requests, 1_000),
      })
      ratios.push(a.perSecond / b.perSecond)
    }
    await verify.stop()
    await constant.stop()
  }
  return ratios
}

async function compareNginx(folder, environment, credentials) {
  const ratios = []
  const added = { p50: [], p99: [] }
  for (let generation = 0; generation < generations; generation++) {
    const verify = await startLatchkey(environment)
    const backend = await startConstant({ 'content-length': '0' })
    const nginx = await startNginx(join(folder, `nginx-${generation}`), verify.port, backend.port)
    const requests = (path) => credentials.map((key) => get(path, key))
    const [checked, plain] = [requests('/orders/'), requests('/plain/')]
    for (const one of [checked, plain]) await load(nginx.port, one, 2_000)
    for (let round = 0; round < rounds; round++) {
      const { a, b } = await inTurn({
        a: () => load(nginx.port, checked, 1_000),
        b: () => load(nginx.port, plain, 1_000),
      })
      ratios.push(a.perSecond / b.perSecond)
      added.p50.push(a.p50 - b.p50)
      added.p99.push(a.p99 - b.p99)
    }
    for (const one of [nginx, backend, verify]) await one.stop()
  }
  report('nginx with auth_request / without', ratios)
  report(`… added p50, ms at 32 connections`, added.p50)
  report('… added p99, ms', added.p99)
}

function answerHeaders(port, key) {
  return fetch(`http://127.0.0.1:${port}/auth/verify`, {
    headers: { authorization: `Bearer ${key}` },
  }).then(({ headers }) => {
    const names = [...headers.keys()].filter((name) => !/^(date|connection|keep-alive)$/.test(name))
    return Object.fromEntries(names.map((name) => [name, headers.get(name)]))
  })
}

async function makeKeys(environment) {
  const sql = postgres(environment.DATABASE_URL, { max: 1, onnotice: () => {} })
  await sql`insert into latchkey.users (issuer, subject) values ('https://bench.example', 'bench')`
  await sql.end()
  const words = ['keys', 'create', '--owner', 'bench', '--name', 'bench', '--scope', 'read:users']
  return Array.from({ length: keys }, () => latchkey(words, environment).trim())
}

function startConstant(headers) {
  return start(process.execPath, [script], { CONSTANT_HEADERS: JSON.stringify(headers) })
}

async function startNginx(copy, latchkeyPort, backendPort) {
  const port = await freePort()
  cpSync(fileURLToPath(new URL('../examples/proxies/nginx', import.meta.url)), copy, {
    recursive: true,
  })
  const file = join(copy, 'nginx.conf')
  const plain = `location /plain/ {
      proxy_pass http://orders;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
  }`
  const text = readFileSync(file, 'utf8')
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${latchkeyPort}`)
    .replaceAll('127.0.0.1:4001', `127.0.0.1:${backendPort}`)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replace('        location /orders/ {', `        ${plain}\n        location /orders/ {`)
    .replace('    server {', '    keepalive_requests 1000000;\n    server {')
  writeFileSync(file, text)
  return start('nginx', ['-p', copy, '-c', 'nginx.conf', '-g', 'daemon off;'], {}, port)
}

function report(name, values) {
  console.log(`${name.padEnd(52)} ${show(estimate(values))}`)
}
