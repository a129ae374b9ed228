/** Measures requests per second over HTTP of each server against lean Yoga without authentication. */
import { fileURLToPath } from 'node:url'
import { post, start, startLatchkey } from '../measure.mjs'
import { strangeKeys } from '../world.mjs'
import { arm, compare, rowsOf } from './interleaved.mjs'

const yogaServer = fileURLToPath(new URL('../yoga-server.mjs', import.meta.url))
export const me = '{ me { id } }'
/** Selects a guarded field (`read:users`) that needs no database query, since the id is not a UUID. */
export const viewer = '{ viewer { subject } user(id: "nobody") { id } }'
export const baseName = 'Lean Yoga, without authentication'

export async function measureThroughput(world, settings) {
  const { environment, keys, tokens } = world
  const servers = {
    lean: () => yoga(world, 'lean'),
    usual: () => yoga(world, 'usual'),
    principal: () => yoga(world, 'principal'),
    latchkey: () => startLatchkey({ ...environment, LOG_LEVEL: 'warn' }),
    logging: () => startLatchkey({ ...environment, LOG_LEVEL: 'info' }),
  }
  const cached = keys.slice(0, 500)
  const malformed = Array.from({ length: 500 }, (_, n) => `${cached[n]}x`)
  const base = { server: 'lean', requests: [post(me, cached[0])] }
  const arms = {
    base,
    'Yoga as it comes, without authentication': { ...base, server: 'usual' },
    'Latchkey, cached key': arm('latchkey', viewer, cached, 1.4),
    'Latchkey, cached JWT': arm('latchkey', viewer, tokens, 1.4),
    'Latchkey, cached key, a log line for each request': arm('logging', viewer, cached),
    '`usePrincipal` in lean Yoga, cached key': arm('principal', me, cached, 0.95),
    '`usePrincipal` in lean Yoga, cached JWT': arm('principal', me, tokens, 0.95),
    'Latchkey, malformed key refused': arm('latchkey', viewer, malformed, 2.3, 401),
    '`usePrincipal` in lean Yoga, malformed key refused': arm('principal', me, malformed, 2.3, 401),
    'Latchkey, one unknown key refused': arm('latchkey', viewer, strangeKeys(1), null, 401),
  }
  return rowsOf(arms, await compare(servers, arms, settings), baseName)
}

export function yoga({ environment }, VARIANT) {
  return start(process.execPath, [yogaServer], { ...environment, VARIANT })
}
