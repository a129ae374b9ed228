import { createServer } from 'node:http'
import { createServerAdapter } from '@whatwg-node/server'
import { createYoga } from 'graphql-yoga'
import { usePrincipal } from 'latchkey'
import { createKeysPage } from 'latchkey/page'
import { latchkey } from './builder.js'
import { schema } from './schema.js'
import * as auth from './sessions.js'

const port = process.env.PORT ?? 4000
/** The shop as a browser sees it. */
const url = process.env.PUBLIC_URL ?? `http://localhost:${port}`

const yoga = createYoga({
  schema,
  plugins: [usePrincipal(latchkey)],
  context: ({ principal }) => ({ user: principal && { id: principal.subject } }),
})

const path = '/settings/keys'
const signIn = { url: `${url}/sign-in`, signOutUrl: `${url}/sign-out` }
const settings = { title: 'The shop', schema, graphqlUrl: `${url}/graphql` }
const keysPage = createServerAdapter(createKeysPage({ latchkey, path, url, signIn, ...settings }))

/** Reads JSON, or the fields of a form. */
async function readBody(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  const isForm = request.headers['content-type'] === 'application/x-www-form-urlencoded'
  return isForm ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text)
}

const signInForm = `<!doctype html><title>The shop</title><form method="post">
  <label>Email <input name="email" type="email"></label>
  <label>Password <input name="password" type="password"></label> <button>Sign in</button></form>`

const routes = {
  async 'POST /register'(request, response) {
    const { email, password } = await readBody(request)
    await auth.register(email, password)
    response.writeHead(204).end()
  },
  'GET /sign-in'(_request, response) {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(signInForm)
  },
  async 'POST /sign-in'(request, response) {
    const { email, password } = await readBody(request)
    const id = await auth.signIn(email, password)
    if (id === null) return response.writeHead(401).end()
    const cookie = `session=${id}; HttpOnly; SameSite=Lax; Path=/`
    response.writeHead(303, { 'Set-Cookie': cookie, Location: `${url}/settings/keys` }).end()
  },
  'GET /sign-out'(_request, response) {
    const cookie = 'session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0'
    response.writeHead(303, { 'Set-Cookie': cookie, Location: `${url}/sign-in` }).end()
  },
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, url)
  const route = routes[`${request.method} ${pathname}`]
  if (route !== undefined) return route(request, response)
  if (`${pathname}/`.startsWith(`${path}/`)) return keysPage(request, response)
  return yoga(request, response)
})
server.listen(port, () => console.log('The shop is open.'))
