import { describe, expect, test } from 'vitest'
import { mergeStandings, type Standing, standingOfTombstone } from '../../src/db/merged-user.ts'
import { withinGrant } from '../../src/principal.ts'
import { grantOf } from '../../src/users/user.ts'

const active: Standing = {
  status: 'ACTIVE',
  scopes: null,
  issuerGrants: {},
  issuerScopes: null,
  signedOutAt: null,
  signedOutTokens: {},
}

/** A user whose issuer states these scopes, for one audience each. */
const stated = (grants: Record<string, string[]>, iat = 100): Partial<Standing> => ({
  issuerGrants: Object.fromEntries(
    Object.entries(grants).map(([audience, scopes]) => [audience, { scopes, iat }]),
  ),
  issuerScopes: [...new Set(Object.values(grants).flat())].sort(),
})

/** Completes a standing as the trigger of the table does. */
function stored(merged: Omit<Standing, 'issuerScopes'>): Standing {
  const grants = Object.values(merged.issuerGrants)
  const issuerScopes = [...new Set(grants.flatMap(({ scopes }) => scopes))].sort()
  return { ...merged, issuerScopes: grants.length === 0 ? null : issuerScopes }
}

const scopes = ['read:audit', 'read:keys', 'read:users', 'write:grants']
const standings: Partial<Standing>[] = [
  {},
  { scopes: [] },
  { scopes: ['read:users'] },
  { scopes: ['read:audit', 'read:users'] },
  stated({ a: [] }),
  stated({ a: ['read:users'], b: ['read:audit'] }),
  stated({ b: ['read:keys', 'read:users', 'write:grants'] }),
  { scopes: ['read:keys', 'write:grants'], ...stated({ a: ['write:grants'] }, 50) },
]

describe('the grant of a merged user', () => {
  const pairs = standings.flatMap((one) => standings.map((other) => [one, other] as const))

  test.each(pairs)('of %j and %j allows only what both allow', (a, b) => {
    const [one, other] = [
      { ...active, ...a },
      { ...active, ...b },
    ]
    const merged = stored(mergeStandings(one, other, false))
    const both = withinGrant(withinGrant(scopes, grantOf(one)), grantOf(other))
    expect(both).toEqual(expect.arrayContaining([...withinGrant(scopes, grantOf(merged))]))
    const unlimited = [one, other].some(
      ({ scopes, issuerScopes }) => scopes === null && issuerScopes === null,
    )
    // Without an unlimited grant nothing else is lost either.
    if (!unlimited) expect(withinGrant(scopes, grantOf(merged))).toEqual(both)
  })

  test('without a ceiling lists nothing where scopes come from grants', () => {
    const limited = { ...active, scopes: ['read:users'] }
    expect(mergeStandings(active, limited, true).scopes).toEqual([])
    expect(mergeStandings(limited, active, true).scopes).toEqual([])
    expect(mergeStandings(active, active, true).scopes).toBeNull()
  })

  test('keeps the latest statement, so that an earlier JWT widens nothing', () => {
    const one = { ...active, ...stated({ a: ['read:users', 'read:keys'] }, 100) }
    const other = { ...active, ...stated({ a: ['read:users'], b: ['read:users'] }, 200) }
    const grant = { scopes: ['read:users'], iat: 200 }
    expect(mergeStandings(one, other, false).issuerGrants).toEqual({ a: grant, b: grant })
  })
})

test('a suspended or deleted user, and the later sign-out, count', () => {
  const early = new Date('2026-01-01')
  const late = new Date('2026-02-01')
  const one = { ...active, signedOutAt: late, signedOutTokens: { x: 1 } }
  const other = {
    ...active,
    status: 'SUSPENDED' as const,
    signedOutAt: early,
    signedOutTokens: { y: 2 },
  }
  for (const merged of [mergeStandings(one, other, false), mergeStandings(other, one, false)]) {
    expect(merged).toMatchObject({
      status: 'SUSPENDED',
      signedOutAt: late,
      signedOutTokens: { x: 1, y: 2 },
    })
  }
  const deleted = standingOfTombstone(['read:users'])
  expect(mergeStandings(one, deleted, false)).toMatchObject({
    status: 'SUSPENDED',
    scopes: ['read:users'],
    signedOutAt: late,
  })
})
