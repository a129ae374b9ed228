import { createIdentityVerifier } from 'latchkey/verify'

/**
 * Adds `request.principal` to every route of the Fastify instance: `app.register(identity, options)`.
 *
 * @param {import('fastify').FastifyInstance} fastify
 * @param {import('latchkey/verify').IdentityVerifierOptions} options
 */
export async function identity(fastify, options) {
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

// As with the package fastify-plugin: without this, Fastify would run the hook only for routes inside the
// plugin, which has none, and all others would be open.
identity[Symbol.for('skip-override')] = true
identity[Symbol.for('fastify.display-name')] = 'latchkey-identity'
