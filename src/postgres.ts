export { type MigrateOptions, migrate } from './db/migrate.ts'
export { type ConnectLatchkeyOptions, connectLatchkey } from './embedding/connect.ts'
export {
  type ConnectDirectoryOptions,
  type ConnectedDirectory,
  connectDirectory,
} from './embedding/connect-directory.ts'
export type { Latchkey } from './embedding/latchkey.ts'
export type { DirectoryLog } from './embedding/log.ts'
