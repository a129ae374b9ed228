export { type FastifyGuardHook, type FastifyGuardRequest, fastifyGuard } from './guard/fastify.ts'
