export type { Credential, Principal } from './principal.ts'
export { IdentityError, type IdentityErrorCode } from './verify/errors.ts'
export type { HeadersLike, RequestLike } from './verify/header.ts'
export {
  createIdentityVerifier,
  type IdentityVerifier,
  type IdentityVerifierOptions,
} from './verify/verifier.ts'
