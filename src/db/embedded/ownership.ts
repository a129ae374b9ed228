import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { isAlive } from './postmaster.ts'

/** The two numbers of the advisory lock: "latc", and 1 for the ownership of the data folder. */
const lock = [0x6c61_7463, 1] as const
const name = /^latchkey-owner pid=(\d+)$/

export type Claim =
  | { readonly owned: true; readonly sql: postgres.Sql; release(): Promise<void> }
  | { readonly owned: false; readonly holder: number | null }

/**
 * Claims the server at `url` for this process with a lock that lives as long as a connection of this
 * process: however the process ends, the lock is released.
 */
export async function claim(url: string): Promise<Claim> {
  let released = false
  const sql = postgres(url, {
    max: 1,
    max_lifetime: null,
    fetch_types: false,
    connect_timeout: 5,
    onnotice: () => {},
    backoff: () => 0.2,
    connection: { application_name: `latchkey-owner pid=${process.pid}` },
    // The server closes all sessions when one of them crashes. The lock is then taken again.
    onclose: () => {
      if (!released) void tryLock().catch(() => {})
    },
  })
  async function tryLock(): Promise<boolean> {
    const [row] = await sql`select pg_try_advisory_lock(${lock[0]}, ${lock[1]}) as locked`
    return row?.locked === true
  }
  async function release(): Promise<void> {
    released = true
    await sql.end({ timeout: 1 })
  }
  try {
    // A process that was just killed keeps the lock until the server notices that its connection is
    // closed.
    for (let attempt = 0; ; attempt++) {
      if (await tryLock()) return { owned: true, sql, release }
      const holder = await holderOf(sql)
      if (attempt === 50 || (attempt >= 5 && holder !== null && isAlive(holder))) {
        await release()
        return { owned: false, holder }
      }
      await sleep(20)
    }
  } catch (error) {
    await release()
    throw error
  }
}

async function holderOf(sql: postgres.Sql): Promise<number | null> {
  const [row] = await sql`
    select application_name as name from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and granted
      and classid = ${lock[0]} and objid = ${lock[1]} and objsubid = 2`
  const pid = name.exec(String(row?.name))?.[1]
  return pid === undefined ? null : Number(pid)
}
