/** Lean Yoga with @envelop/generic-auth, whose user is the claims that jose verified. */
import { useGenericAuth } from '@envelop/generic-auth'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { bearerOf, expected, JWKS_URI, serveLeanYoga } from './setting.mjs'

const keys = createRemoteJWKSet(new URL(JWKS_URI))

serveLeanYoga({
  plugins: [
    useGenericAuth({
      mode: 'protect-all',
      async resolveUserFn({ request }) {
        const token = bearerOf(request.headers.get('authorization'))
        if (token === null) return null
        const { payload } = await jwtVerify(token, keys, expected)
        return payload
      },
    }),
  ],
})
