import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestApp, type TestApp } from '../support/app.ts'
import { reads } from '../support/database-proxy.ts'

let app: TestApp
let jwt: string

beforeAll(async () => {
  app = await createTestApp()
  for (let i = 0; i < 25; i++) await app.user(`user-${String(i).padStart(2, '0')}`)
  await app.sql`update latchkey.users set email = 'Zoe@example.com', name = 'Zoë 100%_' where subject = 'user-07'`
  jwt = await app.jwt('alice', ['read:users', 'read:keys', 'write:keys'])
})
afterAll(() => app.close())

const page = async (args: string) =>
  (
    await app.ask(
      `{ users(${args}) { nodes { subject } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`,
      { as: jwt },
    )
  ).body.data.users
const subjects = (users: { nodes: { subject: string }[] }) =>
  users.nodes.map(({ subject }) => subject)

describe('a list', () => {
  it('returns every row once, newest first, in pages of any size', async () => {
    for (const size of [1, 7, 100]) {
      const seen: string[] = []
      let after = ''
      for (;;) {
        const users = await page(`first: ${size}${after}`)
        seen.push(...subjects(users))
        if (!users.pageInfo.hasNextPage) break
        after = `, after: "${users.pageInfo.endCursor}"`
      }
      expect(seen).toHaveLength(26)
      expect(new Set(seen).size).toBe(26)
      expect(seen.slice(0, 3)).toEqual(['alice', 'user-24', 'user-23'])
    }
  })

  it('is counted only if the count is selected', async () => {
    const statements = async (fields: string) => {
      const before = app.network.statements(reads)
      const { status } = await app.ask(`{ users(first: 2) { ${fields} } }`, { as: jwt })
      expect(status).toBe(200)
      return app.network.statements(reads) - before
    }
    await statements('nodes { id }')
    expect(await statements('nodes { id } pageInfo { hasNextPage endCursor }')).toBe(1)
    expect(await statements('nodes { id } totalCount')).toBe(2)
    expect(await statements('totalCount')).toBeLessThanOrEqual(2)
  })

  it.each(['first', 'last'])('is empty where %s is 0, and still counts', async (size) => {
    const { nodes, pageInfo, totalCount } = await page(`${size}: 0`)
    expect(nodes).toEqual([])
    expect(pageInfo).toMatchObject({ startCursor: null, endCursor: null })
    expect(totalCount).toBeGreaterThan(20)
  })

  it('goes backwards the same way', async () => {
    const seen: string[] = []
    let before = ''
    for (;;) {
      const users = await page(`last: 10${before}`)
      seen.unshift(...subjects(users))
      if (!users.pageInfo.hasPreviousPage) break
      before = `, before: "${users.pageInfo.startCursor}"`
    }
    expect(seen).toHaveLength(26)
    expect(seen[0]).toBe('alice')
  })

  it('does not shift when a row is inserted meanwhile', async () => {
    const first = await page('first: 3')
    await app.user(`late-${Date.now()}`)
    const second = await page(`first: 3, after: "${first.pageInfo.endCursor}"`)
    expect(subjects(second)).toEqual(['user-22', 'user-21', 'user-20'])
  })

  it('finds users by a prefix of subject, e-mail address or name, literally and in any case', async () => {
    for (const search of ['USER-07', 'zoe@', 'zoë 100%_']) {
      expect(subjects(await page(`search: "${search}"`))).toEqual(['user-07'])
    }
    expect(subjects(await page('search: "user-0%"'))).toEqual([])
    expect((await page('search: "user-1"')).totalCount).toBe(10)
  })

  it('filters by status', async () => {
    await app.sql`update latchkey.users set status = 'SUSPENDED' where subject in ('user-03', 'user-04')`
    expect(subjects(await page('status: SUSPENDED'))).toEqual(['user-04', 'user-03'])
  })
})

describe('queries', () => {
  it('are equally many for a long page and a short one', async () => {
    const { secret } = await app.key('alice', ['read:keys', 'write:keys'])
    for (let i = 0; i < 12; i++) {
      await app.ask(
        'mutation { createApiKey(input: { name: "x", scopes: ["read:keys"] }) { secret } }',
        {
          as: i % 2 === 0 ? secret : jwt,
        },
      )
    }
    const query = (first: number) =>
      `{ apiKeys(first: ${first}) { nodes { id effectiveScopes owner { id } parent { id owner { id } } } } }`
    const count = async (first: number) => {
      const before = app.network.statements(reads)
      const { body } = await app.ask(query(first), { as: jwt })
      expect(body.data.apiKeys.nodes).toHaveLength(first)
      return app.network.statements(reads) - before
    }
    const [short, long] = [await count(2), await count(12)]
    expect(long).toBe(short)
    // The page, the owners, the parents.
    expect(long).toBe(3)
  })
})
