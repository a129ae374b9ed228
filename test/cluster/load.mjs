/** The load during the whole run: requests with API keys and JWTs, and revocations. */
import { pick, sleep, whoAmI } from './client.mjs'

const create = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { apiKey { id } secret }
}`
const revoke =
  'mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { apiKey { id } } }'

/** Sends `perSecond` requests a second through the proxy, a tenth of them with revoked keys. */
export async function askAlways({ proxy, keys, tokens, judge, perSecond, until }) {
  const clients = 16
  const pause = (1000 * clients) / perSecond
  await Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      await sleep((pause * n) / clients)
      while (!until.aborted) {
        const due = performance.now() + pause
        const revoked = judge.revokedKeys()
        const dice = Math.random()
        const credential =
          dice < 0.1 && revoked.length > 0 ? pick(revoked) : pick(dice < 0.55 ? keys : tokens)
        const answer = await proxy.ask(credential, whoAmI)
        judge.judge(credential, answer)
        judge.tally(answer)
        await sleep(Math.max(due - performance.now(), 0))
      }
    }),
  )
}

/**
 * Takes one key after the other: creates it through the proxy, presents it to every node, revokes it by a
 * mutation or by hand in turn, and presents it until the other nodes refuse it.
 *
 * @returns milliseconds until another node refused, from the sending of the UPDATE and from the mutation's
 *   answer
 */
export async function revokeAlways({ proxy, nodes, tokens, sql, judge, made, until }) {
  const took = { byHand: [], byMutation: [] }
  for (let n = 0; !until.aborted; n++) {
    const token = pick(tokens)
    const name = `cluster-${n}`
    const answer = await proxy.ask(token, create, { input: { name, scopes: ['read:users'] } })
    const key = dataOf(answer)?.createApiKey
    if (key === undefined) {
      await sleep(100)
      continue
    }
    made.push(name)
    const knowing = []
    for (const node of nodes) {
      const answers = [await node.ask(key.secret, whoAmI), await node.ask(key.secret, whoAmI)]
      for (const answer of answers) judge.judge(key.secret, answer)
      if (answers.every(({ status }) => status === 200)) knowing.push(node)
    }
    const [first, ...others] = knowing
    if (first === undefined) continue
    const byHand = n % 2 === 0
    const since = byHand
      ? await revokeByHand(sql, key.apiKey.id)
      : await revokeByMutation(first, token, key.apiKey.id)
    // It is not known whether the key was revoked, so there is nothing to measure.
    if (since === null) continue
    judge.revoke(key.secret)
    await Promise.all(
      others.map(async (node) => {
        for (;;) {
          const answer = await node.ask(key.secret, whoAmI)
          judge.judge(key.secret, answer)
          if (answer.status === 0 || answer.status === 503) return
          if (answer.status === 200) continue
          took[byHand ? 'byHand' : 'byMutation'].push(performance.now() - since)
          return
        }
      }),
    )
    await sleep(50)
  }
  return took
}

async function revokeByHand(sql, id) {
  const since = performance.now()
  const done = await revokeInPlace(sql, id)
  return done ? since : null
}

/** Revokes a key as an operator does in psql; `false` if it is not known whether that succeeded. */
export async function revokeInPlace(sql, id) {
  try {
    await sql`update latchkey.api_keys set revoked_at = now() where id = ${id}`
    return true
  } catch {
    return false
  }
}

async function revokeByMutation(node, token, id) {
  const answer = await node.ask(token, revoke, { input: { id } })
  return dataOf(answer)?.revokeApiKey ? performance.now() : null
}

function dataOf({ status, body }) {
  return status === 200 ? (JSON.parse(body).data ?? undefined) : undefined
}
