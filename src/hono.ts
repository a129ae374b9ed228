export {
  type GuardVariables,
  type HonoContext,
  type HonoGuardOptions,
  type HonoMiddleware,
  honoGuard,
} from './guard/hono.ts'
