import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { generateKey } from '../../src/credentials/key-form.ts'
import { asFailure } from '../../src/db/failures.ts'
import { ServiceUnavailableError } from '../../src/errors.ts'
import { run } from './run.ts'

test('--help lists the commands, examples and exit codes', async () => {
  const { code, out } = await run(['--help'])
  expect(code).toBe(0)
  for (const word of ['serve', 'migrate', 'schema', 'token', 'keys', 'users']) {
    expect(out).toMatch(new RegExp(`^ {2}${word}\\b`, 'm'))
  }
  expect(out).toContain('Examples:')
  expect(out).toMatch(/69 +the database cannot be reached/)
  expect(out).toMatch(/78 +the configuration/)
})

test.each([
  'serve',
  'migrate',
  'schema',
  'token',
  'keys list',
  'keys create',
  'keys rotate',
  'keys revoke',
  'users list',
  'users create',
  'users grant',
  'users suspend',
  'users reactivate',
])('%s --help has examples', async (command) => {
  const { code, out } = await run([...command.split(' '), '--help'])
  expect(code).toBe(0)
  expect(out).toContain(`Usage: latchkey ${command}`)
  expect(out).toMatch(new RegExp(`Examples:[\\s\\S]*latchkey ${command}`))
})

test.each(['', 'keys', 'keys rotate', 'token explain', 'users create'])(
  'help %s prints what --help prints',
  async (command) => {
    const words = command.split(' ').filter((word) => word !== '')
    const help = await run(['help', ...words])
    expect(help).toEqual(await run([...words, '--help']))
    expect(help).toMatchObject({ code: 0, err: '' })
  },
)

test('help of a group of commands prints what --help prints', async () => {
  expect(await run(['keys', 'help'])).toEqual(await run(['keys', '--help']))
  expect(await run(['keys', 'help', 'rotate'])).toEqual(await run(['keys', 'rotate', '--help']))
})

test.each(['', 'keys', 'users', 'token', 'identity-keys'])(
  '%s --help lists commands in lines of at most 80 characters',
  async (command) => {
    const { out } = await run([...command.split(' ').filter((word) => word !== ''), '--help'])
    const [, list = ''] = out.split('\nCommands:\n')
    const lines = (list.split('\n\n')[0] ?? '').split('\n')
    expect(lines.length).toBeGreaterThan(2)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
  },
)

test('serve --help explains every variable', async () => {
  const { out } = await run(['serve', '--help'])
  expect(out).toMatch(/PORT\n +The port to listen on; `0`: any free port\.\n +Default: 4000/)
  expect(out).toContain('IDENTITY_KEYS_FILE')
  const [, variables = ''] = out.split(/^Environment variables: .*$/m, 2)
  expect(variables.split('\n').filter((line) => line.length > 80)).toEqual([])
})

test('--version prints the version', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, out: '1.2.3\n', err: '' })
})

test.each<[string[], RegExp]>([
  [['serv'], /unknown command 'serv'[\s\S]*Did you mean serve/],
  [['help', 'kes'], /unknown command 'kes'/],
  [['keys', 'help', 'rotat'], /unknown command 'rotat'/],
  [['users', 'lst'], /unknown command 'lst'[\s\S]*Did you mean list/],
  [['users', 'list', '--serch', 'x'], /unknown option '--serch'[\s\S]*Did you mean --search/],
  [[], /Usage: latchkey/],
  [['keys'], /Usage: latchkey keys/],
  [['help', 'serv'], /unknown command 'serv'/],
  [['help', 'keys', 'list', 'x'], /unknown command 'x'/],
  [['serv'], /\(See `latchkey --help`\.\)/],
  [['keys', 'crate'], /\(See `latchkey keys --help`\.\)/],
  [['keys', 'revoke'], /\(See `latchkey keys revoke --help`\.\)/],
  [['serve', 'now'], /too many arguments/],
  [['serve', '--workers', '0'], /from 1 to 64/],
  [['serve', '--workers', '65'], /from 1 to 64/],
  [['serve', '--workers', '2.5'], /from 1 to 64/],
  [['serve', '--workers', 'all'], /from 1 to 64/],
  [['serve', '--port', '65536'], /from 0 to 65535/],
  [['serve', '--port', 'http'], /from 0 to 65535/],
  [['token'], /'--subject <subject>' not specified[\s\S]*\(See `latchkey token --help`\.\)/],
  [['token', '--subject', 'ada', '--expires-in', 'soon'], /90d, 12h/],
  [['token', '--subject', 'ada', '--expires-in', '0'], /90d, 12h/],
  [['schema', '--check', '--output', 'x'], /cannot be used with/],
  [['keys', 'list'], /--owner/],
  [['keys', 'list', '--owner', 'ada', '--status', 'lost'], /active, expired, revoked/],
  [['keys', 'create', '--owner', 'ada', '--scopes', 'a'], /--name/],
  [['keys', 'create', '--owner', 'ada', '--name', 'x'], /--scopes/],
  [keysCreate('--metadata', '{'), /must be JSON/],
  [keysCreate('--metadata', '[1]'), /JSON object/],
  [keysCreate('--expires-in', '90 days'), /90d, 12h/],
  [keysCreate('--expires-at', 'tomorrow'), /2027-01-31T12:00:00Z/],
  [keysCreate('--expires-at', '2027-02-30'), /2027-01-31T12:00:00Z/],
  [keysCreate('--expires-at', '2027-13-01'), /2027-01-31T12:00:00Z/],
  [keysCreate('--expires-at', '2027-01-31T25:00Z'), /2027-01-31T12:00:00Z/],
  [keysCreate('--expires-at', '2027-01-31T12:00'), /2027-01-31T12:00:00Z/],
  [keysCreate('--expires-at', '2027-01-31', '--expires-in', '1d'), /cannot be used with/],
  [['keys', 'revoke'], /missing required argument 'id'/],
  [['users', 'list', '--limit', '0'], /1 to 1000/],
  [['users', 'list', '--limit', '1001'], /1 to 1000/],
  [['users', 'list', '--limit', 'ten'], /1 to 1000/],
  [['users', 'grant', 'ada'], /--scopes a,b or --no-ceiling/],
  [['users', 'grant', 'ada', '--scopes', 'a', '--no-ceiling'], /cannot be used with/],
  [['users', 'grant', 'ada', '--scope', 'a', '--no-ceiling'], /cannot be used with/],
  [['users', 'create'], /missing required argument 'subject'/],
  [['users', 'create', 'ada', '--scopes', 'a', '--no-ceiling'], /cannot be used with/],
  [['users', 'create', 'ada', '--no-ceiling', '--scope', 'a'], /cannot be used with/],
  [['audit', '--since', 'yesterday'], /2026-03-01T12:00:00Z, or how long ago it was, such as 2h/],
  [['audit', '--type', 'api_key.create'], /api_key\.created, api_key\.updated/],
  [['audit', '--since', '2026-02-30'], /2026-03-01T12:00:00Z/],
  [['users', 'suspend'], /missing required argument 'user'/],
])('%j is not valid and ends with 2', async (words, message) => {
  const { code, out, err } = await run(words)
  expect(err).toMatch(message)
  expect({ code, out }).toEqual({ code: 2, out: '' })
})

test.each([
  ['keys', 'revoke'],
  ['keys', 'rotate'],
  ['audit', '--target'],
])('%s %s takes the id of a key, and names it where the whole key is given', async (...words) => {
  const { key, id, secret } = generateKey('shop')
  for (const named of [key, `shop_${id}`]) {
    const { code, out, err } = await run([...words, named])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(`by its id, ${id},`)
    expect(err).not.toContain(secret)
  }
})

test.each([
  ['192.0.2.1', 'EADDRNOTAVAIL', /change HOST/],
  ['127.0.0.1', 'EADDRINUSE', /choose another port with PORT or --port/],
])('serve says what to do where it cannot listen at %s (%s)', async (host, code, advice) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const { err } = await run(['serve'], {
    stopSignal: () => new Promise(() => {}),
    async startServer() {
      await once(createServer().listen(port, host), 'listening')
      throw new Error('It listens.')
    },
  })
  taken.close()
  expect(err).toMatch(advice)
  expect(err).toContain(`(listen ${code}: `)
})

test('an error is JSON with --json, and nothing else is printed', async () => {
  const { code, out, err } = await run(['keys', 'list', '--json'])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  const { error } = JSON.parse(err)
  expect(error).toEqual({
    exitCode: 2,
    message: "required option '--owner <user>' not specified",
  })
})

test.each([
  ['serve'],
  ['token', '--subject', 'ada'],
  ['keys', 'list', '--owner', 'ada'],
  ['users', 'list'],
])('%s %s ends with 78 on a faulty configuration and lists every fault', async (...words) => {
  const environment = { NODE_ENV: 'production', PORT: 'x' }
  const { code, out, err } = await run(words, { environment })
  expect({ code, out }).toEqual({ code: 78, out: '' })
  for (const variable of ['PORT', 'DATABASE_URL', 'JWT_ISSUER']) expect(err).toContain(variable)
})

test('a faulty configuration is listed in JSON too', async () => {
  const environment = { PORT: 'x', LOG_LEVEL: 'x' }
  const { code, err } = await run(['users', 'list', '--json'], { environment })
  expect(code).toBe(78)
  const { error } = JSON.parse(err)
  expect(error.faults.map((fault: { variable: string }) => fault.variable)).toEqual([
    'PORT',
    'LOG_LEVEL',
  ])
})

test('serve starts the server with the configuration, and stops it at a stop signal', async () => {
  const calls: unknown[] = []
  const { code } = await run(['serve'], {
    environment: { PORT: '0' },
    startServer: async ({ mode, port }) => {
      calls.push({ mode, port })
      return { reload: async () => {}, stop: async () => void calls.push('stopped') }
    },
    stopSignal: async () => void calls.push('asked'),
  })
  expect(code).toBe(0)
  expect(calls).toEqual(['asked', { mode: 'development', port: 0 }, 'stopped'])
})

test('serve --port listens there, whatever PORT is', async () => {
  const ports: number[] = []
  for (const port of ['8080', '0']) {
    const { code } = await run(['serve', '--port', port], {
      environment: { PORT: 'x' },
      startServer: async (config) => {
        ports.push(config.port)
        return { reload: async () => {}, stop: async () => {} }
      },
    })
    expect(code).toBe(0)
  }
  expect(ports).toEqual([8080, 0])
})

test.each([
  [
    ['serve', '--small-heap'],
    ['small heap', 'started'],
  ],
  [['serve'], ['started']],
])('%j sets a V8 flag only with --small-heap', async (command, expected) => {
  const calls: string[] = []
  await run(command, {
    limitHeapGrowth: async () => void calls.push('small heap'),
    startServer: async () => {
      calls.push('started')
      return { reload: async () => {}, stop: async () => {} }
    },
  })
  expect(calls).toEqual(expected)
})

test('serve --workers starts that number of workers; one is the server without workers', async () => {
  const started: unknown[] = []
  for (const count of ['3', '1']) {
    await run(['serve', '--workers', count], {
      startServer: async () => {
        started.push('alone')
        return { reload: async () => {}, stop: async () => {} }
      },
      startWorkers: async (_config, workers) => {
        started.push(workers)
        return { reload: async () => {}, stop: async () => {} }
      },
    })
  }
  expect(started).toEqual([3, 'alone'])
})

test('a database that cannot be reached ends with 69', async () => {
  const withDatabase = async () => {
    throw new ServiceUnavailableError()
  }
  const { code, err } = await run(['users', 'list'], { withDatabase })
  expect(code).toBe(69)
  expect(err).toMatch(/^latchkey: The database cannot be reached/)
})

test.each([
  ['42P01', /^latchkey: The tables of Latchkey are missing/],
  ['42501', /^latchkey: The database role lacks a right/],
])('a database that answers but cannot be used (%s) ends with 78', async (code, message) => {
  const withDatabase = async () => {
    throw asFailure(Object.assign(new Error('refused'), { code }))
  }
  const answer = await run(['users', 'list'], { withDatabase })
  expect(answer.code).toBe(78)
  expect(answer.err).toMatch(message)
})

test('any other failure ends with 1, and its message never shows a credential', async () => {
  const withDatabase = async () => {
    throw new Error('no: postgres://latchkey:canary7c1f@db/x')
  }
  const { code, err } = await run(['users', 'list'], { withDatabase })
  expect(code).toBe(1)
  expect(err).toBe('latchkey: no: postgres://latchkey:[redacted]@db/x\n')
})

function keysCreate(...more: string[]): string[] {
  return ['keys', 'create', '--owner', 'ada', '--name', 'x', '--scopes', 'read:users', ...more]
}
