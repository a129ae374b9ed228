export {
  type ExpressMiddleware,
  type ExpressRequest,
  expressGuard,
} from './guard/express.ts'
