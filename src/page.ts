export {
  type CreateKeysPageOptions,
  createKeysPage,
  type KeysPage,
} from './page/create-keys-page.ts'
export type { ApplicationSignIn, OidcSignIn } from './page/options.ts'
