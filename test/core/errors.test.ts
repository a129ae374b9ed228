import { GraphQLError } from 'graphql'
import { expect, it } from 'vitest'
import {
  InsufficientScopeError,
  InvalidCredentialError,
  InvalidDocumentError,
  ScopesNotHeldError,
  ServiceUnavailableError,
} from '../../src/errors.ts'

it('an error answers a request with problem details', async () => {
  const response = new InvalidCredentialError().toResponse()
  expect(response.status).toBe(401)
  expect(Object.fromEntries(response.headers)).toEqual({
    'cache-control': 'no-store',
    'content-type': 'application/problem+json',
    'www-authenticate':
      'Bearer realm="latchkey", error="invalid_token", error_description="The credential is not valid."',
  })
  expect(await response.json()).toEqual({
    title: 'Unauthorized',
    status: 401,
    detail: 'The credential is not valid.',
  })
  const outage = new ServiceUnavailableError({
    retryAfterSeconds: 3,
    reason: 'secret',
  }).toResponse()
  expect([outage.status, outage.headers.get('retry-after')]).toEqual([503, '3'])
  expect(await outage.text()).not.toContain('secret')
})

it('graphql-js gives the error of a field the code of the error that its resolver threw', () => {
  const missing = { requiredScopes: [['a']], missingScopes: ['a'], notGranted: [] }
  const errors = [
    new InsufficientScopeError(missing),
    new ScopesNotHeldError(['a']),
    new InvalidDocumentError('document', [{ message: 'No.', locations: [] }]),
  ]
  expect(errors.map((originalError) => new GraphQLError('', { originalError }).extensions)).toEqual(
    [
      { code: 'FORBIDDEN', ...missing },
      { code: 'FORBIDDEN', missingScopes: ['a'] },
      { code: 'BAD_USER_INPUT', field: 'document', errors: [{ message: 'No.', locations: [] }] },
    ],
  )
})
