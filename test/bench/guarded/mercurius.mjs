/** Mercurius. VARIANT: `open`, `guarded` by `guardMercurius`, or `usual` with jose. JIT: with `jit`. */
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { guardMercurius } from '../../../dist/index.js'
import { createVerify, guarding, JIT, PORT, resolvers, typeDefs, VARIANT } from './setting.mjs'

const verify = VARIANT === 'usual' ? createVerify() : null
const app = Fastify({ keepAliveTimeout: 65_000 })
await app.register(mercurius, {
  schema: typeDefs,
  resolvers,
  ...(JIT && { jit: 1 }),
  context: verify
    ? async (request) => ({ request, user: await verify(request) })
    : (request) => ({ request }),
})
if (VARIANT === 'guarded') guardMercurius(app, guarding())
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
