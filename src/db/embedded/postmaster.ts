import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import { type Binaries, cleanEnvironment } from './binaries.ts'
import { EmbeddedStartError } from './errors.ts'

/** A PostgreSQL server on the folder of a cluster, started by any process. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** Whether its lock file says that it accepts connections. */
  readonly ready: boolean
}

/**
 * Finds the running server of `folder` by its lock file. Removes the lock file of a server that has
 * ended.
 */
export async function runningPostmaster(folder: string): Promise<Postmaster | null> {
  const file = join(folder, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  const port = Number(lines[3])
  if (!Number.isInteger(pid) || pid <= 0) return null
  if (await isPostgresOf(pid, folder)) {
    return { pid, port, ready: port > 0 && lines[7]?.trim() === 'ready' }
  }
  // PostgreSQL would take any living process with that id for the earlier server.
  await rm(file, { force: true })
  return null
}

/**
 * Starts the server on a free port of the loopback address, in a session of its own: Ctrl-C in the
 * terminal of this process does not reach the server, which is stopped last.
 *
 * @returns the server when it is ready, or `null` if another server has the folder
 */
export async function startPostmaster(
  folder: string,
  logFile: string,
  binaries: Binaries,
  account: Account | null,
  settings: Readonly<Record<string, string>>,
  onLaunch?: () => void,
): Promise<Postmaster | null> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const child = launch(folder, port, logFile, binaries, account, settings)
    onLaunch?.()
    const outcome = await waitUntilReady(child, folder)
    if (outcome !== 'exited') return outcome
    if ((await runningPostmaster(folder)) !== null) return null
    const output = await lastLines(logFile)
    // Another process may have taken the port since it was found free.
    if (attempt === 5 || !output.includes('could not bind')) {
      throw new EmbeddedStartError(`PostgreSQL did not start; ${logFile} ends with:\n${output}`)
    }
  }
}

/** Stops the server without waiting for its clients, and resolves when it has ended. */
export async function stopPostmaster(folder: string, pid: number): Promise<void> {
  await signalAndWait(folder, pid, 'SIGINT', 8_000)
  await signalAndWait(folder, pid, 'SIGQUIT', 2_000)
}

/**
 * Whether that process runs. A process that has ended counts as not running, even if its parent has not
 * reaped it yet.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  if (process.platform !== 'linux') return true
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
  } catch (error) {
    // The process ended between the two checks if the file does not exist.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

function launch(
  folder: string,
  port: number,
  logFile: string,
  binaries: Binaries,
  account: Account | null,
  settings: Readonly<Record<string, string>>,
): ChildProcess {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  }
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = openSync(logFile, 'a', 0o600)
  try {
    const child = spawn(binaries.postgres, ['-D', folder, '-p', String(port), ...options], {
      ...account,
      ...cleanEnvironment,
      cwd: folder,
      detached: true,
      stdio: ['ignore', log, log],
    })
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}

async function waitUntilReady(child: ChildProcess, folder: string): Promise<Postmaster | 'exited'> {
  let gone = false
  child.once('exit', () => {
    gone = true
  })
  child.once('error', () => {
    gone = true
  })
  while (!gone) {
    const running = await runningPostmaster(folder)
    if (running?.pid === child.pid && running?.ready) return running
    await sleep(5)
  }
  return 'exited'
}

async function signalAndWait(
  folder: string,
  pid: number,
  signal: NodeJS.Signals,
  milliseconds: number,
): Promise<void> {
  const deadline = performance.now() + milliseconds
  try {
    process.kill(pid, signal)
  } catch {
    return
  }
  while (performance.now() < deadline && isAlive(pid)) {
    const command = await commandOf(pid)
    // A process that is ending has an empty command line and still exists.
    if (command !== null && command !== '' && !isCommandOf(command, folder)) return
    await sleep(5)
  }
}

async function isPostgresOf(pid: number, folder: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  const command = await commandOf(pid)
  return command === null || isCommandOf(command, folder)
}

/** Returns the command line of a process; `null` if the system does not show it. */
async function commandOf(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return null
  return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
}

function isCommandOf(command: string, folder: string): boolean {
  return command.split('\0').includes(folder)
}

async function lastLines(file: string): Promise<string> {
  return (await readFile(file, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8).join('\n')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
