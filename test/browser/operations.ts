import { expect } from 'vitest'

/** The input of `createApiKey`. */
export interface NewKey extends Record<string, unknown> {
  readonly name: string
  readonly scopes: readonly string[]
}

/** Sends an operation to the GraphQL API at `origin`, with a JWT or an API key. Returns the answer. */
export async function sendOperation(
  origin: string,
  credential: string,
  query: string,
  variables: object = {},
) {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
    body: JSON.stringify({ query, variables }),
  })
  return await response.json()
}

/** Sends an operation that succeeds, and returns its data. */
export async function askFor(origin: string, credential: string, query: string, variables = {}) {
  const { data, errors } = await sendOperation(origin, credential, query, variables)
  expect(errors).toBeUndefined()
  return data
}

/** Creates a key with a mutation, as the holder of a JWT. */
export async function createKeyAs(
  origin: string,
  jwt: string,
  input: NewKey,
): Promise<{ readonly id: string; readonly secret: string }> {
  const { createApiKey } = await askFor(
    origin,
    jwt,
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id } } }',
    { input },
  )
  return { id: createApiKey.apiKey.id, secret: createApiKey.secret }
}
