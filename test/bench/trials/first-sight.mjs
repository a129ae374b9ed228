/** Compares the first use of a token with jose's `jwtVerify`, which gets the issuer's key directly. */
import { importJWK, jwtVerify } from 'jose'
import { createAuthenticator } from '../../../dist/index.js'
import { inTurn } from '../measure.mjs'
import { audience } from '../world.mjs'
import { answer, bearer, input, keepGoing } from './setting.mjs'

const { issuer, jwksUri, alg, jwk, tokens, rounds } = input
// Without a directory nothing is cached, so each use is a first use.
const authenticator = createAuthenticator({ issuers: [{ issuer, audience, jwksUri }] })
const key = await importJWK(jwk, alg)
const settings = { issuer, audience, algorithms: [alg] }
const carriers = tokens.map(bearer)

const ours = async (n) => {
  const { kind } = await authenticator.authenticate(carriers[n % carriers.length])
  if (kind !== 'authenticated') throw new Error(kind)
}
const theirs = (n) => jwtVerify(tokens[n % tokens.length], key, settings)

const ratios = { alone: [], together: [] }
let n = 0
for (let round = -2; round < rounds; round++) {
  for (const [name, concurrency] of [
    ['alone', 1],
    ['together', 32],
  ]) {
    const { a, b } = await inTurn({
      a: () => keepGoing(() => ours(n++), concurrency, 250),
      b: () => keepGoing(() => theirs(n++), concurrency, 250),
    })
    if (round >= 0) ratios[name].push(b / a)
  }
}
answer(ratios)
