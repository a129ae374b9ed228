/** Mercurius with fast-jwt, which caches the tokens that it verified. VARIANT `jit` compiles queries. */
import { createPublicKey } from 'node:crypto'
import { createVerifier } from 'fast-jwt'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import {
  bearerOf,
  JWKS_URI,
  JWT_AUDIENCE,
  JWT_ISSUER,
  PORT,
  resolvers,
  typeDefs,
} from './setting.mjs'

const { keys } = await fetch(JWKS_URI).then((answer) => answer.json())
const jwk = keys.find(({ alg }) => alg === 'RS256')
const verify = createVerifier({
  key: createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
  algorithms: ['RS256'],
  allowedIss: JWT_ISSUER,
  allowedAud: JWT_AUDIENCE,
  cache: 5_000,
})

const app = Fastify({ keepAliveTimeout: 65_000 })
app.addHook('onRequest', async (request, reply) => {
  if (request.url !== '/graphql') return
  try {
    request.user = verify(bearerOf(request.headers.authorization) ?? '')
  } catch {
    reply.code(401).send()
  }
})
app.register(mercurius, {
  schema: typeDefs,
  resolvers,
  ...(process.env.VARIANT === 'jit' && { jit: 1 }),
  context: ({ user }) => ({ user }),
})
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
