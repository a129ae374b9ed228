export { GET } from '../../next-route.mjs'
