import { createHash, createHmac, pbkdf2 } from 'node:crypto'
import { promisify } from 'node:util'
import type postgres from 'postgres'

/**
 * The role that the server uses. It owns the database and the schema latchkey, and is not a superuser.
 */
export const ownerRole = 'latchkey'

/**
 * Returns the password of {@link ownerRole}. It is derived from the password of the superuser, and does
 * not reveal it.
 */
export function ownerPassword(superuserPassword: string): string {
  return createHmac('sha256', superuserPassword).update('latchkey owner').digest('base64url')
}

/**
 * Creates or corrects the role unless it is as required. An earlier version used the superuser; in its
 * cluster, objects of the schema latchkey that the superuser owns change their owner.
 *
 * @param sql one connection of the superuser
 */
export async function ensureOwner(sql: postgres.Sql, superuserPassword: string): Promise<void> {
  const verifier = await scramVerifier(ownerPassword(superuserPassword))
  const [row] = await sql.unsafe<{ ready: boolean }[]>(isReady, [verifier])
  if (row?.ready === true) return
  // Statements that are sent as one run in one transaction. Two processes may come here at once.
  await sql.unsafe(`select pg_advisory_xact_lock(1818326115, 5); ${makeOwner(verifier)}`)
}

const superuserOwns = `
  select from pg_namespace where nspname = 'latchkey' and nspowner = 10
  union all
  select from pg_class where relnamespace = to_regnamespace('latchkey') and relowner = 10
    and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select from pg_proc where pronamespace = to_regnamespace('latchkey') and proowner = 10`

/** Checks the role and the owners. 10 is the superuser that initdb creates. */
const isReady = `
  select coalesce(bool_and(
    rolcanlogin and not rolsuper and rolpassword = $1 and datdba = pg_authid.oid
      and not exists (${superuserOwns})
  ), false) as ready
  from pg_authid join pg_database on datname = current_database()
  where rolname = '${ownerRole}'`

/** @param verifier consists of letters, digits and any of `+/=:$-` */
const makeOwner = (verifier: string) => `
  do $make$
  declare
    command text;
  begin
    if to_regrole('${ownerRole}') is null then
      create role ${ownerRole};
    end if;
    alter role ${ownerRole} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
      password '${verifier}';
    execute format('alter database %I owner to ${ownerRole}', current_database());
    for command in
      select format('alter schema %I owner to ${ownerRole}', nspname)
        from pg_namespace where nspname = 'latchkey' and nspowner = 10
      union all
      -- A sequence of a column changes with its table.
      select format('alter table latchkey.%I owner to ${ownerRole}', relname)
        from pg_class where relnamespace = to_regnamespace('latchkey') and relowner = 10
          and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
          and not exists (
            select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid
              and refclassid = 'pg_class'::regclass and deptype in ('a', 'i') and relkind = 'S'
          )
      union all
      select format('alter routine %s owner to ${ownerRole}', pg_proc.oid::regprocedure)
        from pg_proc where pronamespace = to_regnamespace('latchkey') and proowner = 10
    loop
      execute command;
    end loop;
  end $make$`

const iterations = 4096

/**
 * Returns the value that PostgreSQL stores for a password (RFC 5802, RFC 7677), always with the same
 * salt. It can be compared without logging in, and no statement contains the password.
 */
async function scramVerifier(password: string): Promise<string> {
  const salt = createHash('sha256').update(`salt ${password}`).digest().subarray(0, 16)
  const salted = await promisify(pbkdf2)(password, salt, iterations, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64')
  const serverKey = hmac('Server Key').toString('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`
}
