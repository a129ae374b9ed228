import { describe, expect, test } from 'vitest'
import {
  ConfigError,
  describeConfig,
  type Environment,
  identityKeysPath,
  loadConfig,
  migrationTarget,
} from '../../src/config.ts'

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://latchkey@db.example.com/latchkey',
  JWT_ISSUER: 'https://id.example.com/',
  JWT_AUDIENCE: 'https://api.example.com',
}

function faultsOf(load: () => unknown) {
  try {
    load()
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

function variablesAtFault(environment: Environment): string[] {
  return faultsOf(() => loadConfig(environment)).map(({ variable }) => variable)
}

describe('an unknown variable', () => {
  test.each([
    ['with a letter too many', 'KEY_PEPPERS'],
    ['with a letter at the beginning', 'XKEY_PEPPER'],
    ['with a letter left out', 'KEY_PEPER'],
    ['without the last letter', 'KEY_PEPPE'],
    ['with another letter', 'KEY-PEPPER'],
    ['with two letters swapped', 'KEY_PEPPRE'],
    ['with the first two letters swapped', 'EKY_PEPPER'],
    ['for a file, with two letters swapped', 'KEY_PEPPER_FIEL'],
  ])('%s is a fault that names the right one', (_, variable) => {
    const proper = /FI/.test(variable) ? 'KEY_PEPPER_FILE' : 'KEY_PEPPER'
    const faults = faultsOf(() => loadConfig({ ...production, [variable]: 'canary7c1f' }))
    expect(faults).toMatchObject([
      { variable, message: expect.stringContaining(`rename it to ${proper}. If another program`) },
    ])
    expect(JSON.stringify(faults)).not.toContain('canary7c1f')
  })

  test.each([
    ['of two edits', { EY_PEPPR: 'x' }],
    ['of two swaps', { EKY_PEPPRE: 'x' }],
    ['close to a short name', { PROT: '1', HOSTS: 'x', POR: '1', MIGRATED: 'x' }],
    ['close to a variable that is set', { KEY_PEPPERS: 'x', KEY_PEPPER: 'y' }],
    ['without a value', { KEY_MAX_PER_USERS: '' }],
    ['of another program', { PGHOST: 'db', DATABASE_POOL_URL: 'x', npm_config_user: 'x' }],
  ])('%s is ignored', (_, environment) => {
    expect(variablesAtFault({ ...production, ...environment })).toEqual([])
  })

  test('close to two names that are unset names both', () => {
    const faults = faultsOf(() => loadConfig({ JWT_ISSUERX: 'https://id.example.com' }))
    expect(faults).toMatchObject([
      { message: expect.stringContaining('JWT_ISSUER or JWT_ISSUERS') },
    ])
  })

  test('without a value is a fault where no value would mean something', () => {
    expect(variablesAtFault({ ...production, DEFAULT_USER_SCOPE: '' })).toEqual([
      'DEFAULT_USER_SCOPE',
    ])
  })

  test('is never one of the known variables', () => {
    for (const { variable, meaning } of describeConfig()) {
      const ofFile = meaning.includes(`${variable}_FILE`) && { [`${variable}_FILE`]: 'x' }
      const faults = faultsOf(() => loadConfig({ [variable]: 'x', ...ofFile }))
      expect(faults.filter(({ message }) => message.includes('rename it'))).toEqual([])
    }
  })
})

test('a misspelt variable is a fault of the commands that read the one that was meant', () => {
  const misspelt = { DATABASE_ULR: production.DATABASE_URL, KEY_PEPPERS: 'x' }
  expect(faultsOf(() => migrationTarget(misspelt))).toMatchObject([{ variable: 'DATABASE_ULR' }])
  expect(migrationTarget(misspelt, production.DATABASE_URL).url).toBe(production.DATABASE_URL)

  const file = { IDENTITY_KEY_FILE: '/keys.json', DATA_DRI: '/data', KEY_PEPPERS: 'x' }
  expect(faultsOf(() => identityKeysPath(file))).toMatchObject([
    { variable: 'IDENTITY_KEY_FILE' },
    { variable: 'DATA_DRI' },
  ])
  expect(identityKeysPath({ ...file, IDENTITY_KEYS_FILE: '/k.json' })).toBe('/k.json')
})
