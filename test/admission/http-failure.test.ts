import { describe, expect, it } from 'vitest'
import { type RefusalReason, refusalError } from '../../src/credentials/refusal.ts'
import {
  BadUserInputError,
  ConflictError,
  InsufficientScopeError,
  InvalidCredentialError,
  InvalidRequestError,
  type LatchkeyError,
  NotFoundError,
  RateLimitedError,
  ScopesNotHeldError,
  ServiceUnavailableError,
  UnauthenticatedError,
} from '../../src/errors.ts'

const insufficient = new InsufficientScopeError({
  requiredScopes: [
    ['admin', 'root', 'su'],
    ['read:keys', 'read:users'],
  ],
  missingScopes: ['read:keys'],
  notGranted: [],
})

describe('a failure over HTTP', () => {
  it.each<[LatchkeyError, number, Record<string, string>]>([
    [new UnauthenticatedError(), 401, { 'www-authenticate': 'Bearer realm="latchkey"' }],
    [
      new InvalidCredentialError(),
      401,
      {
        'www-authenticate':
          'Bearer realm="latchkey", error="invalid_token", error_description="The credential is not valid."',
      },
    ],
    [
      new InvalidRequestError('One only.'),
      400,
      {
        'www-authenticate':
          'Bearer realm="latchkey", error="invalid_request", error_description="One only."',
      },
    ],
    [
      insufficient,
      403,
      {
        'www-authenticate':
          'Bearer realm="latchkey", error="insufficient_scope", scope="read:keys read:users"',
      },
    ],
    [new RateLimitedError(59.2), 429, { 'retry-after': '60' }],
    [new RateLimitedError(0), 429, { 'retry-after': '1' }],
    [new ServiceUnavailableError(), 503, { 'retry-after': '1' }],
    [new ServiceUnavailableError({ retryAfterSeconds: 7 }), 503, { 'retry-after': '7' }],
    [new NotFoundError('user'), 404, {}],
    [new ConflictError('Not now.'), 409, {}],
    [new BadUserInputError('name', 'No.'), 400, {}],
    [new ScopesNotHeldError(['read:users']), 403, {}],
  ])('%s is %i', (error, status, headers) => {
    expect({ status: error.status, headers: error.headers }).toEqual({ status, headers })
  })
})

describe('the sender of a refused credential', () => {
  const vague: RefusalReason[] = [
    'unrecognised',
    'key-malformed',
    'key-unknown',
    'key-secret-wrong',
    'owner-suspended',
    'owner-deleted',
    'owner-signed-out',
    'owner-of-untrusted-issuer',
    'jwt-signature',
    'jwt-expired',
  ]

  it.each(vague)('gets no information about %s', (reason) => {
    const error = refusalError(reason)
    expect([error.code, error.message]).toEqual([
      'INVALID_CREDENTIAL',
      'The credential is not valid.',
    ])
  })

  it.each<[RefusalReason, string, string]>([
    ['key-revoked', 'INVALID_CREDENTIAL', 'The API key was revoked.'],
    ['key-expired', 'INVALID_CREDENTIAL', 'The API key has expired.'],
    [
      'ambiguous',
      'INVALID_REQUEST',
      'Send exactly one credential: the request has more than one, or one header twice.',
    ],
  ])('receives the error for %s', (reason, code, message) => {
    const error = refusalError(reason)
    expect([error.code, error.message]).toEqual([code, message])
  })
})
