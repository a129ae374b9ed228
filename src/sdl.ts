export type { KeyManagementOptions, KeyOwner } from './embedding/key-management-options.ts'
export {
  type KeyManagementSdl,
  keyManagement,
  type SdlKeyManagementOptions,
} from './embedding/key-management-sdl.ts'
