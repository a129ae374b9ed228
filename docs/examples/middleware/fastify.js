import { createIdentityVerifier } from 'latchkey/verify'

/** Adds `request.principal` to every route of the Fastify instance. */
export function identity(fastify, options) {
  const verifier = createIdentityVerifier(options)
  fastify.decorateRequest('principal', null)
  fastify.addHook('onRequest', async (request, reply) => {
    try {
      request.principal = await verifier.verify(request)
    } catch (error) {
      if (error.name !== 'IdentityError') throw error
      return reply.code(error.status).send({ error: error.code })
    }
  })
}
