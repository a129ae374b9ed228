export { middleware } from './next-middleware.mjs'
export const config = { matcher: '/inner' }
