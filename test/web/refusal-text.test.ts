import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type Failure, networkFailure } from '../../src/web/keys/graphql/failure.ts'
import { refusalText } from '../../src/web/keys/kit/refusal-text.ts'
import { chooseLanguage } from '../../src/web/keys/messages/current.ts'

function textOf(refusal: Partial<Failure>): string {
  const failure: Failure = { ...networkFailure, kind: 'refused', message: 'Words.', ...refusal }
  return refusalText(failure, { maxLifetimeDays: 90, maxPerUser: 3 })
}

const name = { code: 'BAD_USER_INPUT', operationField: 'createApiKey', field: 'name' }
const nameOfUser = { ...name, operationField: 'createUser' }
const expiry = { ...name, field: 'expiresAt' }
const limit = { code: 'CONFLICT', operationField: 'createApiKey' }
const unknown = { ...name, field: 'constructor' }
const forbidden = { code: 'FORBIDDEN', missingScopes: ['read:audit', 'write:users'] }

const texts = () => [name, nameOfUser, expiry, limit].map(textOf)

it('says what is wrong with an input, without the names of the API', () => {
  expect(texts()).toEqual([
    expect.stringContaining('A name has 1 to 100 characters'),
    expect.stringContaining('A name has at most 200 characters'),
    expect.stringContaining('within the next 90 days'),
    expect.stringContaining('as many active keys as this server allows: 3.'),
  ])
})

it('shows the words of the server if it does not know the field or the operation', () => {
  expect(textOf(unknown)).toBe('Words.')
  expect(textOf({ code: 'CONFLICT', operationField: 'other' })).toBe('Words.')
  expect(textOf(forbidden)).toBe('Words.')
})

describe('in German', () => {
  beforeAll(async () => {
    vi.stubGlobal('document', { documentElement: {} })
    await chooseLanguage(['de'])
  })

  it('says the same without the words of the server', () => {
    expect(texts()).toEqual([
      expect.stringContaining('Ein Name hat 1 bis 100 Zeichen'),
      expect.stringContaining('Ein Name hat höchstens 200 Zeichen'),
      expect.stringContaining('in den nächsten 90 Tagen'),
      expect.stringContaining('so viele aktive Schlüssel, wie dieser Server erlaubt: 3.'),
    ])
    expect(textOf(forbidden)).toBe('Dafür fehlt Ihnen: read:audit, write:users.')
  })

  it('shows the words of the server as the last resort', () => {
    expect(textOf(unknown)).toBe('Der Server nimmt diese Eingabe nicht an: Words.')
  })
})
