import { expect, test } from 'vitest'
import { problem } from '../../src/http/problem.ts'

test('the title of a problem is the reason phrase of its status', async () => {
  const plain = problem(404)
  expect(plain.status).toBe(404)
  expect(plain.headers.get('content-type')).toBe('application/problem+json')
  expect(plain.headers.get('cache-control')).toBe('no-store')
  expect(await plain.json()).toEqual({ title: 'Not Found', status: 404 })

  const own = problem(503, { detail: 'x', headers: { 'retry-after': '1' } })
  expect(own.headers.get('retry-after')).toBe('1')
  expect(await own.json()).toEqual({ title: 'Service Unavailable', status: 503, detail: 'x' })
})
