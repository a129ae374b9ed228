/** Measures the processor time of a request with a cached credential, in microseconds. */

import { parse } from 'graphql'
import { analyseOperation, decide, scopesUsed } from '../../../dist/decision/index.js'
import { createSchema } from '../../../dist/schema/index.js'
import { median } from '../measure.mjs'
import { answer, bearer, input, openAuthenticator } from './setting.mjs'

const { keys, tokens, rounds } = input
const authenticator = await openAuthenticator()
const schema = createSchema()
const document = parse('{ viewer { subject } user(id: "nobody") { id } }')
const kinds = { key: keys.map(bearer), jwt: tokens.map(bearer) }
const principals = []
for (const carrier of Object.values(kinds).flat()) {
  const { principal } = await authenticator.authenticate(carrier)
  if (principal === undefined) throw new Error('a credential was refused')
  principals.push(principal)
}

function decideOne(n) {
  const principal = principals[n % principals.length]
  const evaluation = analyseOperation(schema, document, null)?.evaluate({})
  if (decide(evaluation, principal).outcome !== 'allowed') throw new Error('it was refused')
  authenticator.recordScopes(principal, scopesUsed(evaluation, principal))
}

const works = {
  key: (n) => authenticator.authenticate(kinds.key[n % kinds.key.length]),
  jwt: (n) => authenticator.authenticate(kinds.jwt[n % kinds.jwt.length]),
  decision: decideOne,
}
const seen = { key: [], jwt: [], decision: [] }
for (let round = -3; round < rounds; round++) {
  for (const [name, work] of Object.entries(works)) {
    const calls = 50_000
    const before = process.cpuUsage()
    for (let n = 0; n < calls; n++) work(n)
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) seen[name].push((user + system) / calls)
    // Heartbeats must be received between the rounds.
    await new Promise((done) => setTimeout(done, 5))
  }
}
answer({ key: median(seen.key), jwt: median(seen.jwt), decision: median(seen.decision) })
