import { isObjectType } from 'graphql'
import {
  type CreateAuthenticatorOptions,
  createAuthenticator,
} from '../../src/credentials/create-authenticator.ts'
import { createKeyMaker } from '../../src/credentials/key-maker.ts'
import { createSecretHasher } from '../../src/credentials/secret-hash.ts'
import { openDatabase } from '../../src/db/database.ts'
import { declarationOf, guardOf } from '../../src/decision/guard.ts'
import type { Keys } from '../../src/embedding/key-calls.ts'
import { createKeys } from '../../src/embedding/keys.ts'
import { createUsers, type Users } from '../../src/embedding/users.ts'
import type { ClosableAuthenticator } from '../../src/index.ts'
import { createKeyChangeStreams } from '../../src/keys/change-streams.ts'
import { createKeyService } from '../../src/keys/keys.ts'
import { createPredictor } from '../../src/keys/predictor.ts'
import { createOperationGuards } from '../../src/limits/operation-guards.ts'
import type { Principal } from '../../src/principal.ts'
import type { Services } from '../../src/schema/context.ts'
import { createSchema } from '../../src/schema/index.ts'
import { defaultPageSize } from '../../src/schema/pages.ts'
import { createScopeCatalogue, type ScopeRequirement } from '../../src/scopes.ts'
import { createUserService } from '../../src/users/users.ts'
import { createTestDatabase } from './database.ts'
import { startIssuer, type TestIssuer, testAudience } from './issuer.ts'

export interface TestInstance {
  readonly url: string
  readonly issuer: TestIssuer
  readonly authenticator: ClosableAuthenticator
  readonly services: Services
  readonly keys: Keys
  readonly users: Users
  /** Authenticates a credential as `Authorization: Bearer`. Throws the error of a refusal. */
  admit(credential: string): Promise<Principal>
  /** The principal of a JWT of `subject`, whose grant is exactly `scopes`. */
  signIn(subject: string, scopes: readonly string[]): Promise<Principal>
  close(): Promise<void>
}

/** Keys, users and an authenticator on a new database, as an application embeds them. */
export async function createTestInstance(
  options: Partial<CreateAuthenticatorOptions> & { readonly maxPerUser?: number } = {},
): Promise<TestInstance> {
  const { url, close } = await createTestDatabase()
  const issuer = await startIssuer()
  const database = openDatabase({ url, defaultUserScopes: null })
  const authenticator = createAuthenticator({
    issuers: [{ issuer: issuer.issuer, audience: testAudience }],
    directory: database.directory,
    ...options,
  })
  const shared = {
    catalogue: createScopeCatalogue({ 'read:orders': 'Read orders.', 'write:orders': 'Order.' }),
    now: options.now ?? Date.now,
    onScopesNeeded: authenticator.recordScopes,
  }
  const services: Services = {
    keys: createKeyService({
      ...shared,
      store: database.keys,
      maker: createKeyMaker('lk', createSecretHasher(options.keyPeppers ?? [])),
      maxPerOwner: options.maxPerUser ?? 100,
      maxLifetimeDays: null,
    }),
    users: createUserService({
      ...shared,
      store: database.users,
      issuers: [issuer.issuer, ...(options.session ? [options.session.issuer] : [])],
      defaultScopes: null,
    }),
    keyChanges: createKeyChangeStreams({
      events: database.keyEvents,
      store: database.keys,
      now: shared.now,
    }),
    audit: database.audit,
    predictor: createPredictor({ ...shared, keys: database.keys, users: database.users }),
    catalogue: shared.catalogue,
    keyPrefix: 'lk',
    maxStalenessMs: 2_000,
    operationGuards: createOperationGuards(
      { tokens: 1000, anonymousTokens: 1000, depth: 12, aliases: 30, directives: 50, cost: 5000 },
      { defaultSize: defaultPageSize },
    ),
    now: shared.now,
  }
  const keys = createKeys(services, authenticator, options.importedKeyForms)
  const users = createUsers(services, authenticator)

  async function admit(credential: string): Promise<Principal> {
    const outcome = await authenticator.authenticate({
      header: (name) => (name === 'authorization' ? `Bearer ${credential}` : null),
      queryParameters: () => [],
    })
    if (outcome.kind === 'anonymous') throw new Error('anonymous')
    if (outcome.kind === 'authenticated') return outcome.principal
    // The first lookups of a busy machine may take longer than a lookup may.
    if (outcome.refusal.reason === 'unavailable') return admit(credential)
    throw outcome.refusal.error
  }

  return {
    url,
    issuer,
    authenticator,
    services,
    keys,
    users,
    admit,
    async signIn(subject, scopes) {
      const { userId } = await admit(await issuer.sign({ sub: subject, scope: 'nothing:yet' }))
      await database.users.setScopes(userId, scopes, noActor)
      // The scopes in the token differ each time, so that no cache has it.
      return admit(
        await issuer.sign({ sub: subject, scope: scopes.join(' '), jti: `${Math.random()}` }),
      )
    },
    async close() {
      await authenticator.close()
      await database.close()
      await issuer.close()
      await close()
    },
  }
}

const noActor = {
  issuer: null,
  subject: null,
  credentialKind: null,
  credentialId: null,
  requestId: null,
}

/** The requirement that a root field of the built-in schema declares. */
export function declaredScopes(type: 'Query' | 'Mutation', field: string): ScopeRequirement | null {
  const root = schema.getType(type)
  const declaring = isObjectType(root) ? root.getFields()[field] : undefined
  return guardOf(declaring === undefined ? null : declarationOf(declaring))
}

const schema = createSchema()
