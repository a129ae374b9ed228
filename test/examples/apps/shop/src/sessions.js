import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { sql } from './database.js'

const hashPassword = promisify(scrypt)
const digest = (text) => createHash('sha256').update(text).digest('hex')

export async function register(email, password) {
  const salt = randomBytes(16)
  const hash = await hashPassword(password, salt, 32)
  const stored = `${salt.toString('hex')}:${hash.toString('hex')}`
  await sql`insert into shop.users (email, password_hash) values (${email}, ${stored}) on conflict do nothing`
}

/** Returns the value of the session cookie, or null if the password is wrong. */
export async function signIn(email, password) {
  const [user] = await sql`select id, password_hash from shop.users where email = ${email}`
  if (user === undefined) return null
  const [salt, hash] = user.password_hash.split(':').map((part) => Buffer.from(part, 'hex'))
  if (!timingSafeEqual(hash, await hashPassword(password, salt, 32))) return null
  const id = randomBytes(32).toString('hex')
  await sql`
    insert into shop.sessions (id, user_id, expires_at)
    values (${digest(id)}, ${user.id}, now() + interval '1 day')`
  return id
}

/** Returns the signed-in user of a Cookie header, or null. */
export async function findUser(cookies) {
  const [, id] = /(?:^|; *)session=([0-9a-f]{64})/.exec(cookies ?? '') ?? []
  if (id === undefined) return null
  const [user] = await sql`
    select user_id as subject, email, '{read:orders,write:orders,read:keys,write:keys}'::text[] as scopes
    from shop.sessions join shop.users on users.id = user_id
    where sessions.id = ${digest(id)} and expires_at > now()`
  return user ?? null
}
