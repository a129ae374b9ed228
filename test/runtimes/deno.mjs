import process from 'node:process'
import { createApp } from './app.mjs'

const { JWT_ISSUER, PORT } = process.env
const app = createApp(JWT_ISSUER)
Deno.serve({ hostname: '127.0.0.1', port: Number(PORT) }, (request) => app.fetch(request))
