import { createApp } from '../../app.mjs'

let app
function handle(request) {
  app ??= createApp(process.env.JWT_ISSUER)
  return app.fetch(request)
}

export { handle as GET, handle as POST }
