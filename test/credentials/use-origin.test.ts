import { describe, expect, it } from 'vitest'
import { CollectedUses } from '../../src/credentials/collected-uses.ts'
import type { CredentialCarrier } from '../../src/credentials/presented-credential.ts'
import { maxAgentLength, originOf } from '../../src/credentials/use-origin.ts'

const carrier = (userAgent: string | null, address?: unknown): CredentialCarrier => ({
  header: (name) => (name === 'user-agent' ? userAgent : null),
  queryParameters: () => [],
  ...(address !== undefined && { clientAddress: () => address as string | null }),
})

describe('the client of a request', () => {
  it.each<[string, CredentialCarrier, ReturnType<typeof originOf>]>([
    [
      'is its address and user agent',
      carrier('curl/8', '192.0.2.1'),
      { address: '192.0.2.1', userAgent: 'curl/8' },
    ],
    ['may have no address', carrier('curl/8'), { address: null, userAgent: 'curl/8' }],
    [
      'may have no user agent',
      carrier(null, '2001:DB8::0:1'),
      { address: '2001:db8::1', userAgent: null },
    ],
    [
      'has the IPv4 address of a mapped one',
      carrier(null, '::ffff:192.0.2.1'),
      { address: '192.0.2.1', userAgent: null },
    ],
    ['is unknown without both', carrier(null, null), null],
    [
      'has no address that is not an IP address',
      carrier('a', 'unknown'),
      { address: null, userAgent: 'a' },
    ],
    ['has no address of another type', carrier('a', { x: 1 }), { address: null, userAgent: 'a' }],
    [
      'has an address with a zone',
      carrier(null, 'fe80::1%eth0'),
      originOf(carrier(null, 'fe80::1%eth0')),
    ],
    ['has no user agent of spaces and controls', carrier(' \u0000\u009F\u200B '), null],
  ])('%s', (_name, request, origin) => expect(originOf(request)).toEqual(origin))

  it('has a user agent without control characters and of a bounded length', () => {
    const { userAgent } = originOf(carrier(`a\r\n\u001B[31m\u202Eb${'x'.repeat(100_000)}`)) ?? {}
    expect(userAgent).toMatch(/^a\[31mbx+$/)
    expect(userAgent).toHaveLength(maxAgentLength)
  })
})

describe('collected uses', () => {
  const limits = { maxKeys: 10_000, maxScopes: 10 }
  const one = { address: '192.0.2.1', userAgent: 'one' }
  const two = { address: '192.0.2.2', userAgent: 'two' }
  const requestOf = ({ address, userAgent }: typeof one) => carrier(userAgent, address)

  it('have the client of the latest use, for each secret', () => {
    const uses = new CollectedUses(limits)
    uses.add('key', 1, 1, requestOf(one))
    uses.add('key', 2, null, requestOf(two))
    uses.addScopes('key', ['a'], 3)
    expect(uses.takeAll()).toMatchObject([{ lastUsedFrom: two, previousLastUsedFrom: one }])
  })

  it('have no client if that of the latest use is unknown', () => {
    const uses = new CollectedUses(limits)
    uses.add('key', 1, null, requestOf(one))
    uses.add('key', 2, null, null)
    expect(uses.takeAll()[0]).not.toHaveProperty('lastUsedFrom')
  })

  it('that were put back have the client of the later use', () => {
    const uses = new CollectedUses(limits)
    uses.add('key', 1, 1, requestOf(one))
    const [before] = uses.takeAll()
    uses.add('key', 2, null, requestOf(two))
    if (before !== undefined) uses.putBack(before)
    expect(uses.takeAll()).toMatchObject([{ lastUsedFrom: two, previousLastUsedFrom: one }])
    if (before !== undefined) uses.putBack(before)
    expect(uses.takeAll()).toEqual([before])
  })

  it('keep no request, which has the secret of the key', () => {
    const uses = new CollectedUses(limits)
    let isAnswered = false
    const request: CredentialCarrier = {
      queryParameters: () => [],
      header: () => {
        expect(isAnswered).toBe(false)
        return 'agent'
      },
    }
    uses.add('key', 1, 1, request)
    isAnswered = true
    expect(uses.takeAll()[0]).toMatchObject({ lastUsedFrom: { userAgent: 'agent' } })
  })
})
