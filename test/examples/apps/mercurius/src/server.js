import Fastify from 'fastify'
import mercurius from 'mercurius'
import { resolvers, schema } from './schema.js'

const app = Fastify()

app.register(mercurius, { schema, resolvers, jit: 1 })

await app.listen({ port: Number(process.env.PORT ?? 4000) })
console.log('The depot is open.')
