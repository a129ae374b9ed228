import SchemaBuilder from '@pothos/core'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { connectLatchkey } from 'latchkey/postgres'
import { latchkeyPlugin, scopeAuthOptions } from 'latchkey/pothos'
import { findUser } from './sessions.js'

const scopes = { 'read:orders': 'Read your orders.', 'write:orders': 'Place orders.' }
const session = { issuer: 'shop', identify: (carrier) => findUser(carrier.header('cookie')) }
export const latchkey = await connectLatchkey({ url: process.env.DATABASE_URL, scopes, session })

export const builder = new SchemaBuilder({
  plugins: [latchkeyPlugin, ScopeAuthPlugin],
  latchkey: { scopes },
  scopeAuth: scopeAuthOptions(({ principal }) => principal),
})

builder.queryType()
builder.mutationType()
