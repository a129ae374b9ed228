import { createIdentityVerifier } from 'latchkey/verify'

/** @param {import('latchkey/verify').IdentityVerifierOptions} options */
export function identity(options) {
  const verifier = createIdentityVerifier(options)
  return async (request, response, next) => {
    try {
      request.principal = await verifier.verify(request)
    } catch (error) {
      if (error.name !== 'IdentityError') throw error
      return response.status(error.status).json({ error: error.code })
    }
    next()
  }
}
