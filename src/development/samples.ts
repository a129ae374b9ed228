import { operator } from '../audit/actor.ts'
import { isDevelopmentIssuer } from '../credentials/development-issuer-path.ts'
import type { Database } from '../db/database.ts'
import { graphqlPath } from '../http/graphql-server.ts'
import { keysPagePath } from '../http/root.ts'
import type { KeyService } from '../keys/keys.ts'
import type { Page, PageRequest } from '../pagination.ts'
import type { ScopeCatalogue } from '../scopes.ts'
import type { UserStore } from '../users/store.ts'
import type { User } from '../users/user.ts'
import type { DevelopmentIssuer } from './issuer.ts'

/** Sample credentials, printed at the start. */
export interface DevelopmentCredentials {
  readonly apiKey: string
  readonly jwt: string
}

const bannerScopes = ['read:keys', 'read:users', 'write:keys', 'write:users'] as const
const bannerKeyName = 'Shown when the server started'
const bannerKeyMetadata = { 'latchkey.development': 'banner' }
const day = 24 * 60 * 60 * 1000

/** The parts of a server that the samples need. */
interface SampleParts {
  readonly database: Database
  readonly keys: Pick<KeyService, 'asOperator'>
  readonly catalogue: ScopeCatalogue
}

/** Creates the development users that are missing, and new credentials of `ada`. */
export async function prepareDevelopment(
  { database, keys, catalogue }: SampleParts,
  issuer: DevelopmentIssuer,
  now: () => number,
): Promise<DevelopmentCredentials> {
  const { users } = database
  const iss = issuer.settings.issuer
  const ada = await ensureUser(users, iss, 'ada', 'Ada Lovelace', [...catalogue.keys()])
  await ensureUser(users, iss, 'grace', 'Grace Hopper', ['read:keys', 'read:users', 'write:keys'])
  await ensureUser(users, iss, 'linus', 'Linus Torvalds', [], 'SUSPENDED')

  await revokeBannerKeys(database, new Date(now()))
  // Without the limit of keys for each user: every start prints a key, even if ada already has many.
  const { secret } = await keys.asOperator().create(
    ada.id,
    {
      name: bannerKeyName,
      scopes: bannerScopes,
      expiresAt: new Date(now() + day),
      metadata: bannerKeyMetadata,
    },
    Number.POSITIVE_INFINITY,
  )
  const { access_token } = await issuer.mint({ subject: 'ada', scope: bannerScopes.join(' ') })
  return { apiKey: secret, jwt: access_token }
}

/** Returns the text that is printed at the end of a start. */
export function readyText(publicUrl: string, credentials: DevelopmentCredentials): string {
  const seconds = (performance.now() / 1000).toFixed(2)
  return `Latchkey is ready after ${seconds} s, for development.\n\n${banner(publicUrl, credentials)}`
}

/** Returns the lines of the banner: a name, spaces, a value. */
function banner(publicUrl: string, { apiKey, jwt }: DevelopmentCredentials): string {
  const url = publicUrl + graphqlPath
  const query = '{"query":"{ users(first: 3) { nodes { subject name status } } }"}'
  const command = `curl -s ${url} -H 'Content-Type: application/json' -H 'Authorization: Bearer ${apiKey}' -d '${query}'`
  return [
    ['GraphQL', url],
    ['Keys page', publicUrl + keysPagePath],
    ['API key', apiKey],
    ['JWT', jwt],
    ['Try', command],
  ]
    .map(([name, value]) => `${name?.padEnd(10)}${value}\n`)
    .join('')
}

async function ensureUser(
  users: UserStore,
  issuer: string,
  subject: string,
  name: string,
  scopes: readonly string[],
  status: User['status'] = 'ACTIVE',
): Promise<User> {
  const existing = await users.findByIdentity(issuer, subject)
  if (existing !== null) return existing
  const email = `${subject}@example.com`
  const inserted = await users.insert({ issuer, subject, email, name, scopes }, operator)
  if (inserted === 'duplicate') return ensureUser(users, issuer, subject, name, scopes, status)
  if (status === 'ACTIVE') return inserted
  return (
    (await users.setStatus(inserted.id, status, 'Suspended for trying it out', operator)) ??
    inserted
  )
}

/**
 * Revokes the keys that earlier starts printed. The development issuer depends on the port, so there may be
 * several users `ada`.
 */
async function revokeBannerKeys(
  { users, keys }: Pick<Database, 'users' | 'keys'>,
  at: Date,
): Promise<void> {
  const found = pagesOf((page) => users.list({ search: 'ada', status: null }, page))
  for await (const { id: ownerId, issuer, subject } of found) {
    if (subject !== 'ada' || !isDevelopmentIssuer(issuer)) continue
    const active = { ownerId, status: 'ACTIVE', now: at } as const
    for await (const key of pagesOf((page) => keys.list(active, page))) {
      if (key.metadata['latchkey.development'] !== bannerKeyMetadata['latchkey.development'])
        continue
      await keys.revoke(key.id, 'The server was started again', at, operator)
    }
  }
}

/** Yields all rows of a list, page by page. */
async function* pagesOf<Row extends { readonly id: string; readonly createdAt: Date }>(
  read: (page: PageRequest) => Promise<Page<Row>>,
): AsyncGenerator<Row> {
  let after: PageRequest['after'] = null
  for (;;) {
    const { rows, more }: Page<Row> = await read({
      limit: 100,
      after,
      before: null,
      fromEnd: false,
    })
    yield* rows
    const last = rows.at(-1)
    if (!more || last === undefined) return
    after = { at: last.createdAt, id: last.id }
  }
}
