/** Lean Yoga with @graphql-yoga/plugin-jwt, which verifies the token of every request. */
import { createRemoteJwksSigningKeyProvider, useJWT } from '@graphql-yoga/plugin-jwt'
import { expected, JWKS_URI, serveLeanYoga } from './setting.mjs'

serveLeanYoga({
  plugins: [
    useJWT({
      signingKeyProviders: [createRemoteJwksSigningKeyProvider({ jwksUri: JWKS_URI })],
      tokenVerification: expected,
      reject: { missingToken: true, invalidToken: true },
    }),
  ],
})
