/** The environment of the servers under test: a PostgreSQL, an issuer, users, keys and tokens. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import postgres from 'postgres'
import { createKeyMaker } from '../../dist/credentials/key-maker.js'
import { createSecretHasher } from '../../dist/credentials/secret-hash.js'
import { startEmbeddedPostgres } from '../../dist/db/embedded.js'
import { migrate } from '../../dist/db/migrate.js'

export const audience = 'https://api.bench.example'
export const scopes = ['read:keys', 'read:users']
const maker = createKeyMaker('lk', createSecretHasher())
const curves = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }] }

/** @param settings of PostgreSQL, in addition to the defaults */
export async function createWorld(folder, { keys, tokens, settings = {} }) {
  const dataDir = join(folder, 'data')
  let database = await startEmbeddedPostgres({ dataDir, settings, log: () => {} })
  await migrate(database.url, { log: () => {} })
  const sql = postgres(database.url, { max: 4, onnotice: () => {} })
  const signers = Object.fromEntries(['RS256', 'ES256', 'EdDSA'].map((alg) => [alg, signer(alg)]))
  const jwks = JSON.stringify({ keys: Object.values(signers).map(({ jwk }) => jwk) })
  const server = createServer((_, response) => response.end(jwks)).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const issuer = `http://127.0.0.1:${server.address().port}`
  const world = {
    folder,
    sql,
    databaseUrl: database.url,
    /** The URL of the superuser, who creates and fills other databases. */
    superuserUrl: database.superuserUrl,
    issuer,
    jwksUri: `${issuer}/jwks`,
    /** For a Latchkey server in production, where it logs no line for each request by default. */
    environment: {
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
      JWKS_URI: `${issuer}/jwks`,
      AUTH_FAILURES_PER_MINUTE: '0',
    },
    /** Stops PostgreSQL, and starts it again after `milliseconds`. */
    async restartDatabase(milliseconds) {
      await database.stop()
      await new Promise((done) => setTimeout(done, milliseconds))
      database = await startEmbeddedPostgres({ dataDir, settings, log: () => {} })
    },
    async close() {
      await sql.end({ timeout: 5 })
      server.close()
      await database.stop()
    },
    /** Makes `count` different tokens of a hundred users. */
    makeTokens: (count, alg = 'RS256', held = scopes) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => sign(issuer, signers[alg], alg, n, held)),
      ),
    publicJwk: (alg) => signers[alg].jwk,
    makeKeys: (count) => insertKeys(sql, issuer, count),
  }
  return Object.assign(world, {
    keys: await world.makeKeys(keys),
    tokens: await world.makeTokens(tokens),
  })
}

/** Makes well-formed keys that are not stored. */
export function strangeKeys(count) {
  return Array.from({ length: count }, () => maker.newKey().key)
}

async function insertKeys(sql, issuer, count) {
  const [{ id: owner }] = await sql`
    insert into latchkey.users (issuer, subject) values (${issuer}, 'keeper')
    on conflict (issuer, subject) do update set name = 'Keeper' returning id`
  const made = Array.from({ length: count }, () => maker.newKey())
  for (let from = 0; from < count; from += 5_000) {
    const rows = made.slice(from, from + 5_000).map(({ id, secretHash }) => ({
      id,
      owner_id: owner,
      name: 'bench',
      scopes,
      secret_hash: Buffer.from(secretHash),
    }))
    await sql`insert into latchkey.api_keys ${sql(rows)}`
  }
  await sql`analyze latchkey.api_keys`
  return made.map(({ key }) => key)
}

function signer(alg) {
  const [type, options] = curves[alg] ?? ['ed25519']
  const { privateKey, publicKey } = generateKeyPairSync(type, options)
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' } }
}

function sign(issuer, { privateKey }, alg, n, held) {
  return new SignJWT({ scope: held.join(' ') })
    .setProtectedHeader({ alg, kid: alg, typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(`user-${n % 100}`)
    .setJti(`${alg}-${n}`)
    .setIssuedAt()
    .setExpirationTime('6h')
    .sign(privateKey)
}
