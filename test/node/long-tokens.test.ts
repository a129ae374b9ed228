import { expect, test, vi } from 'vitest'
import { createTestApp } from '../support/app.ts'
import { listenWith, send } from '../support/listening.ts'

test('a JWT may be as long as the headers of a request', async () => {
  const app = await createTestApp()
  const server = await listenWith(app)
  const ask = async (groups: number) => {
    const token = await app.jwt('alice', ['read:users'], { groups: 'x'.repeat(groups) })
    const headers = ['Authorization', `Bearer ${token}`]
    return { length: token.length, ...(await send(server.port, '/auth/verify', headers)) }
  }
  await vi.waitFor(async () => expect(await ask(1)).toMatchObject({ status: 200 }), 10_000)
  const long = await ask(11_500)
  expect(long).toMatchObject({ status: 200, headers: { 'x-user-id': 'alice' } })
  expect(long.length).toBeGreaterThan(15_500)
  expect(await ask(12_500)).toMatchObject({ status: 431 })
  await server.close()
  await app.close()
})
