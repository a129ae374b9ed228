import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startApi, type TestApi } from './api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi({})
})
afterAll(() => api.close())
beforeEach(() => {
  api.resolved.length = 0
})

async function upload(headers: Record<string, string> = {}, body: BodyInit = form()) {
  const response = await api.yoga.fetch('http://yoga.test/graphql', {
    method: 'POST',
    headers,
    body,
  })
  return { status: response.status, body: await response.json() }
}

/** GraphQL multipart request specification. */
function form(): FormData {
  const query = 'mutation ($file: File!) { upload(file: $file) }'
  const data = new FormData()
  data.set('operations', JSON.stringify({ query, variables: { file: null } }))
  data.set('map', JSON.stringify({ 0: ['variables.file'] }))
  data.set('0', new File(['content'], 'a.txt', { type: 'text/plain' }))
  return data
}

it('passes a file to an operation that is allowed', async () => {
  expect((await upload(await api.bearer('write:files'))).body).toEqual({
    data: { upload: 'a.txt: content' },
  })
})

it('runs nothing of an operation that is denied', async () => {
  const denied = await upload(await api.bearer('read:files'))
  expect(denied.status).toBe(403)
  expect(denied.body.errors[0].extensions.missingScopes).toEqual(['write:files'])
  expect((await upload()).status).toBe(401)
  expect(api.resolved).toEqual([])
})

it('refuses a credential that is not valid before it reads the body', async () => {
  let isRead = false
  const body = new ReadableStream(
    {
      pull(controller) {
        isRead = true
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const response = await api.yoga.fetch('http://yoga.test/graphql', {
    method: 'POST',
    headers: {
      authorization: 'Bearer wrong',
      'content-type': 'multipart/form-data; boundary=x',
    },
    body,
    duplex: 'half',
  } as RequestInit)
  expect(response.status).toBe(401)
  expect(isRead).toBe(false)
})
