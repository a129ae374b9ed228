import { expressGuard } from 'latchkey/express'
import { connectLatchkey } from 'latchkey/postgres'

export const latchkey = await connectLatchkey({
  url: process.env.DATABASE_URL,
  scopes: { 'read:notes': 'Read notes.', 'write:notes': 'Write notes.' },
  issuers: [{ issuer: process.env.JWT_ISSUER, audience: process.env.JWT_AUDIENCE }],
})
export const guard = expressGuard(latchkey)
