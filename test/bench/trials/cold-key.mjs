/** Compares keys that are never in the cache with the driver's point query on as many connections. */
import postgres from 'postgres'
import { inTurn } from '../measure.mjs'
import { answer, bearer, input, keepGoing, openAuthenticator } from './setting.mjs'

const { databaseUrl, keys, rounds } = input
const concurrency = 32
const authenticator = await openAuthenticator()
const sql = postgres(databaseUrl, { max: 4, fetch_types: false })
const carriers = keys.map(bearer)
const ids = keys.map((key) => key.split('_')[1])

/** The arms have separate positions, so that a key has left the cache when it is presented again. */
const turns = { ours: 0, theirs: 0 }
const ours = async () => {
  const { kind } = await authenticator.authenticate(carriers[turns.ours++ % carriers.length])
  if (kind !== 'authenticated') throw new Error(kind)
}
const theirs = async () => {
  const [row] = await sql`
    select id, name, scopes, lineage_scopes, lineage_expires_at, revoked_at, secret_hash,
      previous_secret_hash, previous_expires_at, owner_id
    from latchkey.api_keys where id = ${ids[turns.theirs++ % ids.length]}`
  if (row === undefined) throw new Error('a key is missing')
}

const answers = { ratios: [], perSecond: [] }
for (let round = -1; round < rounds; round++) {
  const { a, b } = await inTurn({
    a: () => keepGoing(ours, concurrency, 1_000),
    b: () => keepGoing(theirs, concurrency, 1_000),
  })
  if (round < 0) continue
  answers.ratios.push(a / b)
  answers.perSecond.push(a)
}
answer(answers)
