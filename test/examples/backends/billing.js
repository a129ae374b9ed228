import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { identity } from '../../../docs/examples/middleware/hono.js'

const { LATCHKEY_URL = 'http://127.0.0.1:4000', PORT = '4002' } = process.env

const app = new Hono()
app.use(identity({ issuer: LATCHKEY_URL, audience: 'billing' }))
app.post('/billing/invoices', async (context) => {
  const { issuer, subject, credential } = context.get('principal')
  const { amount } = await context.req.json()
  return context.json({ invoice: { amount, for: { issuer, subject }, by: credential.kind } }, 201)
})
const server = serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' })
// By default Node drops headers past the 1000th.
server.maxHeadersCount = 0
