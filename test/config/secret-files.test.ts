import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  ConfigError,
  describeConfig,
  type Environment,
  loadConfig,
  migrationTarget,
} from '../../src/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'))
const issuer = { JWT_ISSUER: 'https://id.example.com/', JWT_AUDIENCE: 'https://api.example.com' }
const url = 'postgres://latchkey:canary7c1f@db.example.com/latchkey'

function file(content: string | Uint8Array): string {
  const path = join(folder, `${Math.random()}`)
  writeFileSync(path, content)
  return path
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

describe('<NAME>_FILE', () => {
  test('gives each secret, without the white space around it', () => {
    const config = loadConfig({
      ...issuer,
      NODE_ENV: 'production',
      DATABASE_URL_FILE: file(`${url}\n`),
      DATABASE_LISTEN_URL_FILE: file(`\uFEFF${url}-listen\r\n`),
      DATABASE_READ_URL_FILE: file(`${url}-read`),
      KEY_PEPPER_FILE: file(' new, old \n'),
    })
    expect(config.database).toEqual({
      url,
      schema: 'latchkey',
      listenUrl: `${url}-listen`,
      readUrl: `${url}-read`,
    })
    expect(config.keyPeppers).toEqual(['new', 'old'])
  })

  test('gives the database to migrate, unless --url does', () => {
    const environment = { NODE_ENV: 'production', DATABASE_URL_FILE: file(url) }
    expect(migrationTarget(environment).url).toBe(url)
    const other = 'postgres://owner@db/latchkey'
    expect(migrationTarget(environment, other).url).toBe(other)
    expect(migrationTarget({ DATABASE_URL_FILE: '/nonexistent' }, other).url).toBe(other)
  })

  test('gives issuers, in any number of lines', () => {
    const issuers = [{ issuer: 'https://id.example.com', audience: 'x' }]
    const environment = { JWT_ISSUERS_FILE: file(JSON.stringify(issuers, null, 2)) }
    expect(loadConfig(environment)).toMatchObject({ mode: 'self-run', issuers })
  })

  test('may be combined with an empty variable, which counts as unset', () => {
    const config = loadConfig({ DATABASE_URL: '', DATABASE_URL_FILE: file(url) })
    expect(config.database.url).toBe(url)
  })

  test('is documented with each secret', () => {
    const named = describeConfig()
      .filter(({ variable, meaning }) => meaning.includes(`\`${variable}_FILE\``))
      .map(({ variable }) => variable)
    expect(named).toEqual([
      'DATABASE_URL',
      'DATABASE_LISTEN_URL',
      'DATABASE_READ_URL',
      'JWT_ISSUERS',
      'KEY_PEPPER',
      'OIDC_CLIENT_SECRET',
      'SESSION_KEYS',
    ])
  })
})

describe('a fault of <NAME>_FILE', () => {
  test.each<[string, Environment, RegExp]>([
    ['an empty path', { DATABASE_URL_FILE: '' }, /must name a file, or be unset/],
    ['a missing file', { DATABASE_URL_FILE: '/nonexistent' }, /does not exist or cannot be read/],
    ['a folder', { DATABASE_URL_FILE: folder }, /does not exist or cannot be read/],
    ['an empty file', { DATABASE_URL_FILE: file(' \n') }, /empty file/],
    // Random bytes, such as those of `openssl rand 32`, would lose most of what nobody can guess.
    ['bytes', { DATABASE_URL_FILE: file(Uint8Array.of(0x70, 0xe4, 0x9f)) }, /not UTF-8 text/],
    ['a NUL', { DATABASE_URL_FILE: file('a\0b') }, /not UTF-8 text/],
    ['two lines', { DATABASE_URL_FILE: file(`${url}\n${url}\n`) }, /more than one line/],
    ['a variable beside it', { DATABASE_URL: url, DATABASE_URL_FILE: file(url) }, /both set/],
  ])('%s is listed once, and the variable is not reported as missing', (_, given, message) => {
    const production = { ...issuer, NODE_ENV: 'production', ...given }
    for (const load of [() => loadConfig(production), () => migrationTarget(production)]) {
      expect(faultsOf(load)).toEqual([
        { variable: 'DATABASE_URL_FILE', message: expect.stringMatching(message) },
      ])
    }
  })

  test('KEY_PEPPER= beside KEY_PEPPER_FILE is one too: an empty pepper is not an unset one', () => {
    const environment = { KEY_PEPPER: '', KEY_PEPPER_FILE: file('pepper') }
    expect(faultsOf(() => loadConfig(environment))).toMatchObject([{ variable: 'KEY_PEPPER_FILE' }])
  })

  test('a faulty value in the file is a fault of the variable, which is not repeated', () => {
    const environment = {
      DATABASE_URL_FILE: file('mysql://canary7c1f'),
      KEY_PEPPER_FILE: file('a,'),
    }
    const faults = faultsOf(() => loadConfig(environment))
    expect(faults.map(({ variable }) => variable)).toEqual(['DATABASE_URL', 'KEY_PEPPER'])
    expect(JSON.stringify(faults)).not.toContain('canary7c1f')
  })
})
