import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { printSdl } from '../../src/pothos/index.ts'
import { createSchema } from '../../src/schema/index.ts'
import { containsSdl } from '../support/sdl.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

/** What is still to come. A line that is no longer true fails the test, so that this only shrinks. */
const notThereYet = [
  'ApiKey.previousSecret is missing',
  'ApiKey.unusedScopes is missing',
  'ApiKey.usedScopes is missing',
  'InputObject AuditEventFilter is missing',
  'InputObject ExpirePreviousSecretInput is missing',
  'InputObject RevokeAllApiKeysInput is missing',
  'Mutation.expirePreviousSecret is missing',
  'Mutation.revokeAllApiKeys is missing',
  'Mutation.signOutEverywhere is missing',
  'Object AuditActor is missing',
  'Object AuditEvent is missing',
  'Object AuditEventConnection is missing',
  'Object AuditEventEdge is missing',
  'Object ExpirePreviousSecretPayload is missing',
  'Object PreviousSecret is missing',
  'Object RevokeAllApiKeysPayload is missing',
  'Object ScopeUse is missing',
  'Object SignOutEverywherePayload is missing',
  'Query.auditEvents is missing',
  'RevokeApiKeyPayload.effectiveBy is missing',
]

it('schema.graphql contains the target schema', () => {
  const faults = containsSdl(read('../../schema.graphql'), read('../support/target.graphql'))
  expect(faults.toSorted()).toEqual(notThereYet.toSorted())
})

it('schema.graphql is what the code makes', () => {
  expect(read('../../schema.graphql')).toBe(printSdl(createSchema()))
})
