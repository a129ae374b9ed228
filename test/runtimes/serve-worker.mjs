// Serves the bundle that the first argument names in workerd, as Cloudflare Workers run it with `nodejs_compat`.
import { readFileSync } from 'node:fs'
import { Miniflare } from 'miniflare'

const { JWT_ISSUER, PORT } = process.env
const miniflare = new Miniflare({
  modules: [
    { type: 'ESModule', path: 'worker.mjs', contents: readFileSync(process.argv[2], 'utf8') },
  ],
  compatibilityDate: '2025-10-01',
  compatibilityFlags: ['nodejs_compat'],
  bindings: { JWT_ISSUER },
  host: '127.0.0.1',
  port: Number(PORT),
})
await miniflare.ready
