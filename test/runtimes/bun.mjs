import { createApp } from './app.mjs'

const { JWT_ISSUER, PORT } = process.env
Bun.serve({ hostname: '127.0.0.1', port: Number(PORT), fetch: createApp(JWT_ISSUER).fetch })
