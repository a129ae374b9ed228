export { scopeCoordinates } from '../decision/index.ts'
export { type AddKeyManagementOptions, addKeyManagement } from '../embedding/add-key-management.ts'
export type { KeyManagementOptions, KeyOwner } from '../embedding/key-management-options.ts'
export type {
  FieldGuardOptions,
  LatchkeyPluginOptions,
  RequiredScopes,
  TypeGuardOptions,
} from './options.ts'
export { latchkeyPlugin, latchkeyPlugin as default, type PothosLatchkeyPlugin } from './plugin.ts'
export {
  type LatchkeyAuthScopes,
  type LatchkeyScopeAuthOptions,
  scopeAuthOptions,
} from './scope-auth.ts'
export { printSdl } from './sdl.ts'
