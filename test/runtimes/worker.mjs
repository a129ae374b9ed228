import { createApp } from './app.mjs'

let app
export default {
  fetch(request, { JWT_ISSUER }) {
    app ??= createApp(JWT_ISSUER)
    return app.fetch(request)
  },
}
