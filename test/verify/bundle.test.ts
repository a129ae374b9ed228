import { fileURLToPath } from 'node:url'
import { EdgeVM } from '@edge-runtime/vm'
import { type BuildOptions, build } from 'esbuild'
import { expect, test } from 'vitest'
import { createIdentityIssuer } from '../../src/identity/issuer.ts'
import { newIdentityKeys, readIdentityKeys, writeIdentityKeys } from '../../src/identity/keys.ts'

const entry = fileURLToPath(new URL('../../src/verify.ts', import.meta.url))

const bundled = async (options: BuildOptions) => {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    target: 'es2022',
    format: 'esm',
    ...options,
    write: false,
    metafile: true,
  })
  return { code: outputFiles[0]?.text ?? '', metafile }
}

test('has less than 10 KB without jose, and imports nothing else', async () => {
  const { code, metafile } = await bundled({ external: ['jose'] })
  expect(Buffer.byteLength(code)).toBeLessThan(10_000)
  const [bundle] = Object.values(metafile.outputs)
  expect(new Set(bundle?.imports.map(({ path }) => path))).toEqual(new Set(['jose']))
})

test('needs no module of Node, including jose', async () => {
  const { metafile } = await bundled({ platform: 'browser' })
  const external = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter((one) => one.external || one.path.startsWith('node:')),
  )
  expect(external).toEqual([])
})

test('verifies in an edge runtime', async () => {
  const { code } = await bundled({ format: 'iife', globalName: 'verify', platform: 'browser' })
  const keys = readIdentityKeys(writeIdentityKeys(newIdentityKeys('EdDSA')))
  const issuer = 'https://auth.example'
  const token = await createIdentityIssuer({ keys, issuer }).tokenFor(
    {
      issuer: 'https://id.example',
      subject: 'ada',
      userId: 'u',
      scopes: new Set(['read:orders']),
      credential: { kind: 'JWT', id: null, name: null, issuer: null, scopes: [], expiresAt: null },
    },
    'orders',
  )
  const vm = new EdgeVM()
  vm.evaluate(code)
  const jwks = JSON.stringify({ keys: keys.keys.map(({ publicJwk }) => publicJwk) })
  const seen = await vm.evaluate<Promise<string>>(`(async () => {
    if (typeof process !== 'undefined' || typeof require !== 'undefined') return 'this is Node'
    const identity = verify.createIdentityVerifier({
      issuer: ${JSON.stringify(issuer)},
      audience: 'orders',
      fetch: async () => new Response(${JSON.stringify(jwks)}),
    })
    const request = (token) => new Request('https://orders.example', { headers: { 'x-identity': token } })
    const principal = await identity.verify(request(${JSON.stringify(token)}))
    const refused = await identity.verify(request('forged')).catch((error) => error.code)
    return [principal.subject, [...principal.scopes].join(' '), refused].join(', ')
  })()`)
  expect(seen).toBe('ada, read:orders, IDENTITY_INVALID')
})
