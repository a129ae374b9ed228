import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { GraphQLClient } from 'graphql-request'
import { describe, expect, it, vi } from 'vitest'
import {
  commandOn,
  serverForAll,
  startServerProcess,
  statusOf,
  temporaryFolder,
} from '../support/server-process.ts'

const server = serverForAll()
const { dataDir } = server

const client = (credential: string) =>
  new GraphQLClient(server.process.url, { headers: { authorization: `Bearer ${credential}` } })
const status = (credential: string) => statusOf(server.process, credential)

/** Sends the text of one request unchanged, over a new socket. */
async function raw(request: string): Promise<string> {
  const { hostname, port } = new URL(server.process.url)
  const socket = connect(Number(port), hostname)
  socket.write(request.replaceAll('\n', '\r\n'))
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk
  })
  await once(socket, 'close')
  return answer
}

describe('the banner', () => {
  it('prints a command that works unchanged, with the key and with the JWT', () => {
    const command = server.process.banner.Try ?? ''
    const byKey = execFileSync('sh', ['-c', command], { encoding: 'utf8' })
    expect(
      JSON.parse(byKey).data.users.nodes.map(({ subject }: { subject: string }) => subject),
    ).toEqual(['linus', 'grace', 'ada'])
    const withJwt = command.replace(
      server.process.banner['API key'] ?? '',
      server.process.banner.JWT ?? '',
    )
    expect(execFileSync('sh', ['-c', withJwt], { encoding: 'utf8' })).toBe(byKey)
  })
})

it('accepts what `latchkey token` prints, although its port is not in the environment', async () => {
  const words = ['token', '--subject', 'ada', '--scopes', 'read:users']
  expect(await status(commandOn(dataDir, ...words).access_token)).toBe(200)
})

describe.each(['API key', 'JWT'])('with the printed %s a GraphQL client', (credential) => {
  it('allows to create a narrower key, use it, rotate it without downtime and revoke it', async () => {
    const ada = client(server.process.banner[credential] ?? '')
    // biome-ignore lint/suspicious/noExplicitAny: the expectations check the shape
    const ask = (query: string): Promise<any> => ada.request(query)

    const { createApiKey } = await ask(
      'mutation { createApiKey(input: { name: "CI", scopes: ["read:users"] }) { apiKey { id scopes parent { id } } secret } }',
    )
    const { id } = createApiKey.apiKey
    const isChild = createApiKey.apiKey.parent !== null
    expect(isChild).toBe(credential === 'API key')
    const read = '{ users(first: 1) { nodes { subject } } }'
    expect(await client(createApiKey.secret).request(read)).toMatchObject({
      users: { nodes: [{}] },
    })
    await expect(
      client(createApiKey.secret).request('{ apiKeys { nodes { id } } }'),
    ).rejects.toThrow(/read:keys/)

    const { rotateApiKey } = await ask(
      `mutation { rotateApiKey(input: { id: "${id}" }) { secret } }`,
    )
    for (const secret of [createApiKey.secret, rotateApiKey.secret]) {
      expect(await status(secret)).toBe(200)
    }
    await ask(`mutation { revokeApiKey(input: { id: "${id}" }) { apiKey { status } } }`)
    for (const secret of [createApiKey.secret, rotateApiKey.secret]) {
      expect(await status(secret)).toBe(401)
    }
  })
})

describe('over a socket', () => {
  const head = (extra: string) =>
    `POST /graphql HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: 32\nConnection: close\n${extra}\n{"query":"{ viewer { subject } }"}`.replace(
      'Content-Length: 32',
      'Content-Length: 34',
    )

  it('answers 400 to a repeated header', async () => {
    const line = `Authorization: Bearer ${server.process.banner['API key']}\n`
    expect(await raw(head(line))).toMatch(/^HTTP\/1.1 200 /)
    for (const twice of [
      line + line,
      `X-API-Key: ${server.process.banner['API key']}\n`.repeat(2),
      `${line}authorization: Bearer other\n`,
    ]) {
      const answer = await raw(head(twice))
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(answer).toContain('error="invalid_request"')
    }
  })

  it('answers 431 to a header of 20 KB, with a request id and a message', async () => {
    const answer = await raw(head(`X-Long: ${'x'.repeat(20_000)}\n`))
    expect(answer).toMatch(/^HTTP\/1.1 431 /)
    expect(answer).toMatch(/X-Request-Id: /i)
    expect(answer).toContain('application/problem+json')
  })

  it('answers 400 to a request that is not HTTP', async () => {
    expect(await raw('hello\n\n')).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('the development issuer', () => {
  const mint = (headers: Record<string, string>) =>
    fetch(new URL('/dev/issuer/token', server.process.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ subject: 'grace', scope: 'read:users' }),
    })

  it('issues tokens to programs on this machine', async () => {
    const { access_token, token_type, expires_in, scope } = await (await mint({})).json()
    expect({ token_type, expires_in, scope }).toEqual({
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'read:users',
    })
    expect(await status(access_token)).toBe(200)
  })

  it('refuses a page whose host name resolves to this machine', async () => {
    const answer = await raw(
      'POST /dev/issuer/token HTTP/1.1\nHost: evil.example\nContent-Type: application/json\nContent-Length: 2\nConnection: close\n\n{}',
    )
    expect(answer).toMatch(/^HTTP\/1.1 403 /)
  })
})

describe('the output', () => {
  it('holds no credential, and names the caller by subject and credential id', async () => {
    const secrets = [
      server.process.banner['API key'],
      server.process.banner.JWT,
      'lk_canary0canary00_canarycanary',
    ]
    for (const secret of secrets) await status(secret ?? '')
    await raw(
      `GET /graphql?query={viewer{subject}} HTTP/1.1\nHost: localhost\nAuthorization: Bearer ${secrets[0]}\nConnection: close\n\n`,
    )
    await vi.waitFor(() => expect(server.process.errors()).toContain('"refused":"key-malformed"'))
    const written = [server.process.errors(), ...filesIn(dataDir)].join('\n')
    for (const secret of secrets) {
      expect(written).not.toContain(secret)
      expect(written).not.toContain(lastPartOf(secret ?? ''))
    }
    expect(server.process.errors()).toContain('"subject":"ada"')
    expect(server.process.errors()).toContain(`"credentialId":"${secrets[0]?.split('_')[1]}"`)
  })
})

describe('starting and stopping', () => {
  it('a second start on one folder names the process that uses it', async () => {
    await expect(startServerProcess(dataDir)).rejects.toThrow(
      new RegExp(`ended with 69.*${server.process.child.pid}`, 's'),
    )
    expect(await status(server.process.banner['API key'] ?? '')).toBe(200)
  })

  it('other commands work while the server runs', () => {
    expect(commandOn(dataDir, 'users', 'list').users).toHaveLength(3)
  })

  it('starts again after kill -9, and refuses the key that was printed before', async () => {
    const before = server.process
    server.process.child.kill('SIGKILL')
    await server.process.ended
    server.process = await startServerProcess(dataDir, { PORT: new URL(before.url).port })
    expect(await status(server.process.banner['API key'] ?? '')).toBe(200)
    expect(await status(before.banner['API key'] ?? '')).toBe(401)
    expect(await status(before.banner.JWT ?? '')).toBe(200)
  })

  it('prints a key also for a user who has as many keys as are allowed', async () => {
    const before = server.process
    const make =
      'mutation { createApiKey(input: { name: "x", scopes: ["read:users"] }) { secret } }'
    const ada = client(server.process.banner.JWT ?? '')
    await ada.request(make)
    await ada.request(make)
    server.process.child.kill('SIGTERM')
    await server.process.ended
    const { port } = new URL(before.url)
    server.process = await startServerProcess(dataDir, { PORT: port, KEY_MAX_PER_USER: '1' })
    expect(await status(server.process.banner['API key'] ?? '')).toBe(200)
    await expect(client(server.process.banner.JWT ?? '').request(make)).rejects.toThrow(
      /at most 1 active key/,
    )
  })

  it('refuses the key that was printed before at another port too', async () => {
    const before = server.process
    server.process.child.kill('SIGTERM')
    await server.process.ended
    server.process = await startServerProcess(dataDir)
    expect(new URL(server.process.url).port).not.toBe(new URL(before.url).port)
    expect(await status(server.process.banner['API key'] ?? '')).toBe(200)
    expect(await status(before.banner['API key'] ?? '')).toBe(401)
  })

  it('on SIGTERM finishes the requests in flight, refuses new ones, and ends with 0', async () => {
    const { hostname, port } = new URL(server.process.url)
    const slow = connect(Number(port), hostname)
    const answered = new Promise<string>((resolve) => {
      let text = ''
      slow.on('data', (chunk: Buffer) => {
        text += chunk
      })
      slow.on('close', () => resolve(text))
    })
    const body = '{"query":"{ viewer { subject } }"}'
    slow.write(
      `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    )
    // The request is in flight when the server waits for its body.
    await vi.waitFor(async () =>
      expect((await fetch(new URL('/readyz', server.process.url))).status).toBe(200),
    )
    server.process.child.kill('SIGTERM')
    await vi.waitFor(async () => {
      await expect(fetch(new URL('/healthz', server.process.url))).rejects.toThrow()
    })
    slow.write(body.slice(10))
    expect(await answered).toMatch(/^HTTP\/1.1 200 /)
    expect(await server.process.ended).toBe(0)
    expect(server.process.errors()).not.toContain('"level":"error"')
    expect(server.process.errors()).toMatch(/"msg":"stopping"[\s\S]*"msg":"stopped"/)
    server.process = await startServerProcess(dataDir)
  })
})

describe('a start where the port is taken', () => {
  it('prints that, and leaves no database running', async () => {
    const { port } = new URL(server.process.url)
    const folder = temporaryFolder()
    await expect(startServerProcess(folder, { PORT: port })).rejects.toThrow(
      /^latchkey: Another program uses this port: .*EADDRINUSE/m,
    )
    expect(readdirSync(folder)).toContain('postgres')
    expect(filesIn(folder).join('')).toContain('database system is shut down')
    rmSync(folder, { recursive: true })
  })
})

/** Returns the secret of a key, or the signature of a JWT, which may hold an underscore. */
function lastPartOf(credential: string): string {
  return credential.split(credential.startsWith('lk_') ? '_' : '.').at(-1) ?? credential
}

/** Returns the text of every file below a folder that this process may read. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    try {
      const file = join(folder, name)
      return statSync(file).isFile() ? [readFileSync(file, 'latin1')] : []
    } catch {
      return []
    }
  })
}
