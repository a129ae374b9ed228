/** Compares Latchkey with other servers, each set up as its own documentation says. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { post, show, start, startLatchkey } from '../measure.mjs'
import { arm, compare, ratioOf, rowsOf } from './interleaved.mjs'
import { baseName, me, viewer, yoga } from './throughput.mjs'

const folder = fileURLToPath(new URL('../peers/', import.meta.url))
const install = 'npm ci --prefix test/bench/peers --ignore-scripts'
const ours = { key: 'Latchkey, cached key', jwt: 'Latchkey, cached JWT' }
const betterAuth = 'better-auth `verifyApiKey`'
const unlimitedBetterAuth = 'better-auth `verifyApiKey`, rate limit off'
const pluginJwt = '@graphql-yoga/plugin-jwt in lean Yoga, RS256'
const genericAuth = '@envelop/generic-auth and jose in lean Yoga, RS256'

export async function measurePeers(world, settings) {
  if (!existsSync(`${folder}node_modules/better-auth`)) {
    console.error(`The peers are not installed and left out: ${install}`)
    return [{ figure: `Peers: not installed (\`${install}\`)`, result: 'left out' }]
  }
  const { environment, tokens } = world
  const keys = world.keys.slice(0, 500)
  const counting = await betterAuthDatabase(world, 'counting')
  const unlimited = await betterAuthDatabase(world, 'unlimited')
  const peer = (name, more) => () =>
    start(process.execPath, [`${folder}${name}.mjs`], { ...environment, ...more })
  const servers = {
    lean: () => yoga(world, 'lean'),
    usual: () => yoga(world, 'usual'),
    principal: () => yoga(world, 'principal'),
    latchkey: () => startLatchkey({ ...environment, LOG_LEVEL: 'warn' }),
    pluginJwt: peer('plugin-jwt'),
    genericAuth: peer('generic-auth'),
    apollo: peer('apollo'),
    mercurius: peer('mercurius'),
    mercuriusJit: peer('mercurius', { VARIANT: 'jit' }),
    betterAuth: peer('better-auth', counting.environment),
    unlimitedBetterAuth: peer('better-auth', unlimited.environment),
  }
  const base = { server: 'lean', requests: [post(me, keys[0])] }
  const arms = {
    base,
    'Yoga as it comes, without authentication': { ...base, server: 'usual' },
    [ours.key]: arm('latchkey', viewer, keys, 1.4),
    [ours.jwt]: arm('latchkey', viewer, tokens, 1.4),
    '`usePrincipal` in lean Yoga, cached JWT': arm('principal', me, tokens, 0.95),
    [pluginJwt]: arm('pluginJwt', me, tokens),
    [genericAuth]: arm('genericAuth', me, tokens),
    'Apollo Server and jose, RS256': arm('apollo', me, tokens),
    'Mercurius and fast-jwt with its cache, RS256': arm('mercurius', me, tokens),
    'Mercurius with `jit` and fast-jwt with its cache, RS256': arm('mercuriusJit', me, tokens),
    [betterAuth]: arm('betterAuth', me, counting.keys),
    [unlimitedBetterAuth]: arm('unlimitedBetterAuth', me, unlimited.keys),
  }
  const seen = await compare(servers, arms, settings)
  const against = (own, other, goal = null) => {
    const ratio = ratioOf(seen, own, other)
    return {
      figure: `${own}, against ${other}`,
      result: show(ratio, 1),
      ...(goal && { goal: `≥ ${goal}`, met: ratio.median >= goal }),
    }
  }
  return [
    ...rowsOf(arms, seen, baseName),
    against(ours.key, betterAuth, 25),
    against(ours.key, unlimitedBetterAuth),
    against(ours.jwt, pluginJwt, 6),
    against(ours.jwt, genericAuth, 2.8),
  ]
}

/** Creates a second database on the same server, with better-auth's tables and a hundred keys. */
async function betterAuthDatabase({ databaseUrl, superuserUrl }, VARIANT) {
  const name = `better_auth_${VARIANT}`
  const superuser = postgres(superuserUrl, { max: 1 })
  const { username } = new URL(databaseUrl)
  await superuser`create database ${superuser(name)} owner ${superuser(username)}`
  await superuser.end()
  const url = new URL(databaseUrl)
  url.pathname = `/${name}`
  const environment = { DATABASE_URL: url.href, VARIANT }
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${folder}better-auth.mjs`, 'prepare', '100'],
    { env: { PATH: process.env.PATH, ...environment }, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(stderr)
  return { environment, keys: JSON.parse(stdout) }
}
