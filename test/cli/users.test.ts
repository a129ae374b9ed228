import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandsOnDatabase, issuer, otherIssuer } from './on-database.ts'

let cli: Awaited<ReturnType<typeof commandsOnDatabase>>

beforeAll(async () => {
  cli = await commandsOnDatabase()
})
afterAll(() => cli.close())

describe('users list', () => {
  test('shows the users that match the search, newest first', async () => {
    await cli.user('list-a')
    await cli.user('list-b')
    const { code, out } = await cli.run('users', 'list', '--search', 'list-')
    expect(code).toBe(0)
    const lines = out.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^ID +SUBJECT +NAME +STATUS +SCOPES +ISSUER$/)
    expect(lines.slice(1).map((line) => line.split(/ {2,}/)[1])).toEqual(['list-b', 'list-a'])
    expect(lines[1]).toContain('(no ceiling)')
  })

  test('--json and --limit', async () => {
    await cli.user('json-a')
    await cli.user('json-b')
    const words = ['users', 'list', '--search', 'json-', '--limit', '1', '--json']
    const answer = JSON.parse((await cli.run(...words)).out)
    expect(answer).toMatchObject({ more: true, users: [{ subject: 'json-b', scopes: null }] })
  })
})

describe('users create', () => {
  const issuers = {
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: 'https://api.example.com',
    JWT_ISSUERS: JSON.stringify([{ issuer: otherIssuer, audience: 'x' }]),
  }
  const create = (...words: string[]) => {
    const { JWT_ISSUERS: _, ...one } = issuers
    return cli.runWith(one, ['users', 'create', ...words])
  }

  test('creates a user of the only issuer, who holds the grant before a first sign-in', async () => {
    const { code, out, err } = await create(
      'auth0|admin',
      '--scopes',
      'write:grants,read:users',
      '--email',
      'ada@example.com',
      '--name',
      'Ada',
    )
    const user = await cli.users.findByIdentity(issuer, 'auth0|admin')
    expect({ code, out, err }).toEqual({
      code: 0,
      out: `Created auth0|admin of ${issuer} (${user?.id}), who holds read:users write:grants.\n`,
      err: '',
    })
    expect(user).toMatchObject({
      status: 'ACTIVE',
      email: 'ada@example.com',
      name: 'Ada',
      scopes: ['read:users', 'write:grants'],
    })
  })

  test.each<[string, string[], Record<string, string>, string[] | null]>([
    ['no scope by default', [], {}, []],
    ['DEFAULT_USER_SCOPES', [], { DEFAULT_USER_SCOPES: 'read:keys' }, ['read:keys']],
    ['no scope for ""', ['--scopes', ''], { DEFAULT_USER_SCOPES: 'read:keys' }, []],
    ['no ceiling', ['--no-ceiling'], {}, null],
  ])('grants %s', async (name, words, variables, scopes) => {
    const environment = { ...issuers, JWT_ISSUERS: '', ...variables }
    const subject = name.replaceAll(/\W/g, '-')
    const made = await cli.runWith(environment, ['users', 'create', subject, ...words, '--json'])
    expect(JSON.parse(made.out).user).toMatchObject({ subject, issuer, scopes })
  })

  test('needs the issuer where several are configured, and a trusted one', async () => {
    const words = ['users', 'create', 'create-2']
    const unclear = await cli.runWith(issuers, words)
    expect(unclear.code).toBe(2)
    expect(unclear.err).toContain(`--issuer:\n  ${issuer}\n  ${otherIssuer}\n`)
    const untrusted = await cli.runWith(issuers, [...words, '--issuer', 'https://evil.example'])
    expect(untrusted).toMatchObject({ code: 2, err: expect.stringContaining('does not trust') })
    expect((await cli.runWith(issuers, [...words, '--issuer', otherIssuer])).code).toBe(0)
    expect(await cli.users.findByIdentity(issuer, 'create-2')).toBeNull()
    expect(await cli.users.findByIdentity(otherIssuer, 'create-2')).not.toBeNull()
  })

  test('in development takes the development issuer', async () => {
    expect((await cli.run('users', 'create', 'create-3')).code).toBe(0)
    const development = 'http://127.0.0.1:4000/dev/issuer'
    expect(await cli.users.findByIdentity(development, 'create-3')).not.toBeNull()
    const anyPort = await cli.runWith({ PORT: '0' }, ['users', 'create', 'create-4'])
    expect(anyPort).toMatchObject({ code: 2, err: expect.stringContaining('PUBLIC_URL') })
  })

  test.each([
    [['a\u0007b'], 'subject'],
    [['create-5', '--scopes', 'read:usrs'], 'read:usrs'],
    [['create-5', '--scopes', 'read:orders'], 'SCOPES_FILE names a file with further scopes'],
    [['create-5', '--scopes', 'read:users,read:users'], 'twice'],
    [['create-5', '--email', 'x'], 'email'],
    [['create-5', '--name', 'a\u0007b'], 'name'],
  ])('refuses %j and creates nobody', async (words, message) => {
    const { code, err } = await create(...words)
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) })
    expect(await cli.users.findByIdentity(issuer, 'create-5')).toBeNull()
  })

  test('refuses a user that exists, and changes nothing', async () => {
    const { id } = await cli.user('create-6')
    const { code, err } = await create('create-6', '--scopes', 'write:grants', '--json')
    expect(code).toBe(1)
    expect(JSON.parse(err).error).toMatchObject({ code: 'CONFLICT' })
    expect((await cli.users.find(id))?.scopes).toBeNull()
  })
})

describe('users grant', () => {
  test('sets the whole grant of a user, by id or by subject', async () => {
    const { id } = await cli.user('grant-1')
    const granted = await cli.run('users', 'grant', 'grant-1', '--scopes', 'write:keys,read:users')
    expect(granted).toEqual({
      code: 0,
      out: 'The grant of grant-1 is now: read:users write:keys\n',
      err: '',
    })
    expect((await cli.users.find(id))?.scopes).toEqual(['read:users', 'write:keys'])
    await cli.run('users', 'grant', id, '--scope', 'read:keys')
    expect((await cli.users.find(id))?.scopes).toEqual(['read:keys'])
    await cli.run('users', 'grant', id, '--scopes', '')
    expect((await cli.users.find(id))?.scopes).toEqual([])
    const lifted = await cli.run('users', 'grant', id, '--no-ceiling', '--json')
    expect(JSON.parse(lifted.out)).toMatchObject({ user: { subject: 'grant-1', scopes: null } })
    expect((await cli.users.find(id))?.scopes).toBeNull()
  })

  test('refuses an unknown scope and changes nothing', async () => {
    const { id } = await cli.user('grant-2')
    const { code, err } = await cli.run('users', 'grant', 'grant-2', '--scopes', 'read:usrs')
    expect(code).toBe(2)
    expect(err).toContain('read:usrs')
    expect((await cli.users.find(id))?.scopes).toBeNull()
  })

  test('refuses a user that does not exist', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000'
    for (const who of ['nobody', nobody]) {
      const { code, err } = await cli.run('users', 'grant', who, '--no-ceiling')
      expect({ code, err }).toEqual({ code: 1, err: `latchkey: There is no user "${who}".\n` })
    }
  })

  test('requires the issuer if several issuers have that subject', async () => {
    const first = await cli.user('twin')
    const second = await cli.user('twin', otherIssuer)
    const words = ['users', 'grant', 'twin', '--scopes', 'read:users']
    const { code, err } = await cli.run(...words)
    expect(code).toBe(2)
    expect(err).toContain(`--issuer:\n  ${issuer}\n  ${otherIssuer}\n`)
    expect((await cli.run(...words, '--issuer', otherIssuer)).code).toBe(0)
    expect((await cli.users.find(first.id))?.scopes).toBeNull()
    expect((await cli.users.find(second.id))?.scopes).toEqual(['read:users'])
    expect((await cli.run(...words, '--issuer', 'https://third.example.com')).code).toBe(1)
  })

  test('finds a subject among many with the same beginning', async () => {
    const { id } = await cli.user('many')
    for (let count = 0; count < 101; count++) await cli.user(`many-${count}`)
    expect((await cli.run('users', 'grant', 'many', '--scopes', 'read:users')).code).toBe(0)
    expect((await cli.users.find(id))?.scopes).toEqual(['read:users'])
  })
})

test('users suspend and reactivate', async () => {
  const { id } = await cli.user('suspend-1')
  const suspended = await cli.run('users', 'suspend', 'suspend-1', '--reason', 'laptop stolen')
  expect(suspended).toEqual({ code: 0, out: 'suspend-1 is suspended.\n', err: '' })
  expect((await cli.users.find(id))?.status).toBe('SUSPENDED')
  const list = await cli.run('users', 'list', '--status', 'suspended', '--json')
  expect(JSON.parse(list.out).users).toMatchObject([{ subject: 'suspend-1' }])
  const active = await cli.run('users', 'reactivate', 'suspend-1', '--json')
  expect(JSON.parse(active.out)).toMatchObject({ user: { status: 'ACTIVE' } })
  expect((await cli.users.find(id))?.status).toBe('ACTIVE')
})
