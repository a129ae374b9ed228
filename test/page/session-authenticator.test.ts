import { expect, it } from 'vitest'
import type { Authenticator } from '../../src/credentials/authenticator.ts'
import type { CredentialCarrier } from '../../src/credentials/presented-credential.ts'
import { ignoringSessions } from '../../src/page/session-authenticator.ts'

it('an authenticator that ignores sessions knows who uses a key, and from where', async () => {
  const seen: CredentialCarrier[] = []
  const authenticate: Authenticator['authenticate'] = (carrier) => {
    seen.push(carrier)
    return { kind: 'anonymous' }
  }
  const { recheck, ...ignoring } = ignoringSessions<Authenticator>({ authenticate })
  const carrier: CredentialCarrier = {
    method: 'POST',
    header: (name) => `the ${name}`,
    queryParameters: (name) => [`the ${name}`],
    apiKeyParameter: 'lk_x',
    clientAddress: () => '192.0.2.7',
  }
  await ignoring.authenticate(carrier)
  await recheck?.(carrier)
  expect(seen).toHaveLength(2)
  for (const shown of seen) {
    expect(shown.method).toBeUndefined()
    expect(shown.header('cookie')).toBe('the cookie')
    expect(shown.queryParameters('key')).toEqual(['the key'])
    expect(shown.apiKeyParameter).toBe('lk_x')
    expect(shown.clientAddress?.()).toBe('192.0.2.7')
  }
})
