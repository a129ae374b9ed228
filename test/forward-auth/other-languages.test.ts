import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIdentityIssuer } from '../../src/identity/issuer.ts'
import {
  createIdentityKey,
  newIdentityKeys,
  readIdentityKeys,
  writeIdentityKeys,
} from '../../src/identity/keys.ts'
import type { Principal } from '../../src/principal.ts'
import { hasProgram } from '../support/programs.ts'
import { temporaryFolder } from '../support/server-process.ts'

const source = (name: string) =>
  fileURLToPath(new URL(`../../docs/examples/other-languages/${name}`, import.meta.url))

const pythonTokens = `
import json, os, sys
sys.path.insert(0, sys.argv[1])
from identity import IdentityVerifier
import jwt
verifier = IdentityVerifier(os.environ["ISSUER"], "orders")
for token in json.load(sys.stdin):
    try:
        print(json.dumps(verifier.verify(token)))
    except jwt.PyJWTError:
        print("null")
`
const goTokens = `package main
import ("encoding/json"; "fmt"; "os"; "example/identity")
func main() {
	verifier := identity.Verifier{Issuer: os.Getenv("ISSUER"), Audience: "orders"}
	var tokens []string
	json.NewDecoder(os.Stdin).Decode(&tokens)
	for _, token := range tokens {
		principal, _ := verifier.Verify(token)
		line, _ := json.Marshal(principal)
		fmt.Println(string(line))
	}
}
`

/** Debian's own Python, because Debian's PyJWT is for it, even if PATH has another one first. */
const python = ['/usr/bin/python3', 'python3'].find(
  (name) => spawnSync(name, ['-c', 'import jwt, cryptography']).status === 0,
)
const languages = [
  {
    name: 'Python with PyJWT',
    here: hasProgram(python ?? 'python3-jwt', 'python3-jwt python3-cryptography'),
    command: () => [python ?? '', '-c', pythonTokens, source('.')],
  },
  {
    name: 'Go',
    here: hasProgram('go', 'golang-go'),
    command: () => {
      const folder = temporaryFolder()
      mkdirSync(join(folder, 'identity'))
      copyFileSync(source('identity.go'), join(folder, 'identity', 'identity.go'))
      writeFileSync(join(folder, 'go.mod'), 'module example\n\ngo 1.19\n')
      writeFileSync(join(folder, 'main.go'), goTokens)
      return ['sh', '-c', 'cd "$1" && go run .', 'sh', folder]
    },
  },
]

describe.each(languages.filter(({ here }) => here))('a backend in $name', ({ command }) => {
  const keys = readIdentityKeys(writeIdentityKeys(newIdentityKeys('EdDSA')))
  let server: Server
  let issuer: string
  beforeAll(async () => {
    server = createServer((_, response) => {
      response.setHeader('content-type', 'application/jwk-set+json')
      response.end(JSON.stringify({ keys: keys.keys.map(({ publicJwk }) => publicJwk) }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  test('accepts only identity tokens of Latchkey that are for it and not expired', async () => {
    const sign = (options: object = {}, audience = 'orders') =>
      createIdentityIssuer({ keys, issuer, ...options }).tokenFor(ada, audience)
    const good = await sign()
    const own = createIdentityIssuer({ keys, issuer })
    const claims = JSON.parse(String(Buffer.from(good.split('.')[1] ?? '', 'base64url')))
    const other = readIdentityKeys(writeIdentityKeys([createIdentityKey('EdDSA')]))
    const impostor = { ...other.signer, id: keys.signer.id }
    const tokens = [
      good,
      await sign({}, 'billing'),
      await sign({ issuer: 'https://evil.example' }),
      await sign({ now: () => Date.now() - 61_000 }),
      await sign({ keys: other }),
      await sign({ keys: { signer: impostor, keys: [impostor] } }),
      await own.sign('JWT', claims),
      await own.sign('token-introspection+jwt', claims),
      await own.sign('identity+jwt', { ...claims, exp: claims.iat + 3600 }),
      `${good.split('.').slice(0, 2).join('.')}.`,
      good.replace(
        /^[^.]+/,
        Buffer.from('{"alg":"none","typ":"identity+jwt"}').toString('base64url'),
      ),
      'garbage',
      '',
    ]
    const [first, ...others] = await run(command(), JSON.stringify(tokens), { ISSUER: issuer })
    expect(first).toMatchObject({
      issuer: 'https://id.example',
      subject: 'ada',
      user_id: 'u',
      scopes: ['read:orders', 'read:users'],
    })
    expect(others).toEqual(tokens.slice(1).map(() => null))
  })
})

const ada: Principal = {
  issuer: 'https://id.example',
  subject: 'ada',
  userId: 'u',
  scopes: new Set(['read:orders', 'read:users']),
  credential: { kind: 'JWT', id: 'j', name: null, issuer: null, scopes: [], expiresAt: null },
}

function run(command: string[], input: string, environment: object): Promise<unknown[]> {
  const [program = '', ...words] = command
  const cache = {
    HOME: process.env.HOME,
    GOFLAGS: '-mod=mod',
    GOTOOLCHAIN: 'local',
    GOPROXY: 'off',
  }
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, ...cache, ...environment }
    const child = execFile(program, words, { env }, (error, out, err) => {
      if (error) reject(new Error(err))
      else
        resolve(
          out
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line)),
        )
    })
    child.stdin?.end(input)
  })
}
