import express from 'express'
import { identity } from '../../../docs/examples/middleware/express.js'

const { LATCHKEY_URL = 'http://127.0.0.1:4000', PORT = '4001' } = process.env

const app = express()
// This route is public, so it needs no identity.
app.get('/orders/public', (_request, response) => {
  response.json({ orders: ['shown to everyone'] })
})
app.use(identity({ issuer: LATCHKEY_URL, audience: 'orders' }))
app.get('/orders', ({ principal }, response) => {
  response.json({ orders: [`an order of ${principal.subject}`], scopes: [...principal.scopes] })
})
// By default Node drops headers past the 1000th.
app.listen(Number(PORT), '127.0.0.1').maxHeadersCount = 0
