import { createServer } from 'node:http'
import { createYoga } from 'graphql-yoga'
import { usePrincipal } from 'latchkey'
import { latchkey } from './builder.js'
import { schema } from './schema.js'
import * as auth from './sessions.js'

const yoga = createYoga({
  schema,
  plugins: [usePrincipal(latchkey)],
  context: ({ principal }) => ({ user: principal && { id: principal.subject } }),
})

async function readJson(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

const server = createServer(async (request, response) => {
  if (request.method === 'POST' && request.url === '/register') {
    const { email, password } = await readJson(request)
    await auth.register(email, password)
    response.writeHead(204).end()
  } else if (request.method === 'POST' && request.url === '/sign-in') {
    const { email, password } = await readJson(request)
    const id = await auth.signIn(email, password)
    if (id === null) response.writeHead(401).end()
    else
      response
        .writeHead(204, { 'Set-Cookie': `session=${id}; HttpOnly; SameSite=Lax; Path=/` })
        .end()
  } else {
    yoga(request, response)
  }
})
server.listen(process.env.PORT ?? 4000, () => console.log('The shop is open.'))
