import { createIdentityVerifier } from 'latchkey/verify'

/** @param {import('latchkey/verify').IdentityVerifierOptions} options */
export function identity(options) {
  const verifier = createIdentityVerifier(options)
  return async (context, next) => {
    try {
      context.set('principal', await verifier.verify(context.req.raw))
    } catch (error) {
      if (error.name !== 'IdentityError') throw error
      return context.json({ error: error.code }, error.status)
    }
    await next()
  }
}
