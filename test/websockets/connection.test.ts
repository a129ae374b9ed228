import { expect, it } from 'vitest'
import { connectionOf } from '../../src/websockets/connection.ts'

const read = (connectionParams: unknown) => {
  const carrier = connectionOf({ connectionInitReceived: true, connectionParams }).carrier()
  return [carrier.header('authorization'), carrier.apiKeyParameter]
}

it.each([
  null,
  undefined,
  1,
  'Bearer a.b.c',
  ['authorization', 'Bearer a.b.c'],
  [{ authorization: 'Bearer a.b.c' }],
  JSON.parse('{"__proto__":{"authorization":"Bearer a.b.c","apiKey":"lk_a"}}'),
  { constructor: { authorization: 'Bearer a.b.c' }, payload: { apiKey: 'lk_a' } },
  Object.create({ authorization: 'Bearer a.b.c' }),
])('parameters without a credential of their own have none: %o', (params) => {
  expect(read(params)).toEqual([null, null])
})

it('reads the parameters of a connection once, however many there are', () => {
  let reads = 0
  const params = new Proxy(
    { apiKey: 'lk_a' },
    {
      ownKeys: (target) => {
        reads += 1
        return Reflect.ownKeys(target)
      },
    },
  )
  for (let n = 0; n < 3; n += 1) expect(read(params)).toEqual([null, 'lk_a'])
  expect(reads).toBe(1)
})
