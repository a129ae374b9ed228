import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, startProgram } from './programs.ts'
import { temporaryFolder } from './server-process.ts'

export interface Pooler {
  /** Returns the URL of the same database through the pooler. */
  urlOf(databaseUrl: string): string
  stop(): Promise<void>
}

export interface PoolerOptions {
  readonly mode: 'transaction' | 'session'
  /** The maximum number of sessions on the server for each database. */
  readonly size: number
}

/** Starts PgBouncer in front of the server at `serverUrl`, for all of its databases. */
export async function startPooler(
  serverUrl: string,
  { mode, size }: PoolerOptions,
): Promise<Pooler> {
  const { hostname, port: serverPort, username, password } = new URL(serverUrl)
  const folder = temporaryFolder()
  const port = await freePort()
  const users = join(folder, 'users.txt')
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(users, `"${username}" "${decodeURIComponent(password)}"\n`)
  writeFileSync(
    file,
    `[databases]
* = host=${hostname} port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${size}
`,
  )
  // PgBouncer does not run as root, and reads the files as the account that it runs as.
  const isRoot = process.getuid?.() === 0
  if (isRoot) chmodSync(folder, 0o755)
  const words = isRoot ? ['-u', 'nobody', file] : [file]
  const program = await startProgram('pgbouncer', words, port)
  return {
    urlOf(databaseUrl) {
      const url = new URL(databaseUrl)
      url.port = String(port)
      return url.href
    },
    stop: program.stop,
  }
}
