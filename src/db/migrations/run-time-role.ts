import { codeOf, insufficientPrivilege } from '../connection/errors.ts'
import type { SchemaNames } from '../schema-names.ts'
import { SchemaError } from './errors.ts'
import { rightsOn } from './rights.ts'
import type { Session } from './session.ts'

export interface GrantedRole {
  readonly role: string
  /** Whether this call created it. It can log in, and has no password. */
  readonly created: boolean
}

/**
 * Grants a role the rights on the schema that the server needs, and revokes its other rights
 * there. Creates the role if it does not exist. Runs in the current transaction of `session`.
 *
 * @throws SchemaError if the role could change the audit trail nevertheless
 */
export async function grantRunTimeRole(session: Session, role: string): Promise<GrantedRole> {
  if (!isRoleName(role)) {
    throw rightsError(
      'The name of a role has 1 to 63 bytes. It must not be public, and must not begin with pg_.',
    )
  }
  const { schema } = session
  const known = await findRole(session, role)
  if (known !== undefined) requireHarmless(role, known, schema)
  try {
    if (known === undefined) await session.query(`create role ${quoted(role)} login`)
    for (const statement of await grantStatements(session, role)) await session.query(statement)
  } catch (error) {
    throw asGrantFailure(error, role, schema, known === undefined)
  }
  await requireExactRights(session, role)
  return { role, created: known === undefined }
}

interface KnownRole {
  readonly superuser: boolean
  readonly owner: boolean
  /** Whether it could make itself a member of the owner (before PostgreSQL 16). */
  readonly mayJoin: boolean
}

async function findRole(session: Session, role: string): Promise<KnownRole | undefined> {
  const { name, quoted } = session.schema
  const [found] = await session.query<KnownRole>(
    `select rolsuper as superuser,
      exists (
        select from pg_namespace where nspname = '${name}' and pg_has_role(role.oid, nspowner, 'member')
        union all
        select from pg_class where relnamespace = '${quoted}'::regnamespace
          and pg_has_role(role.oid, relowner, 'member')
        union all
        select from pg_proc where pronamespace = '${quoted}'::regnamespace
          and pg_has_role(role.oid, proowner, 'member')
        union all
        select from pg_database where datname = current_database()
          and pg_has_role(role.oid, datdba, 'member')
      ) as owner,
      rolcreaterole and current_setting('server_version_num')::int < 160000 as "mayJoin"
    from pg_roles as role where rolname = $1`,
    [role],
  )
  return found
}

function requireHarmless(
  role: string,
  { superuser, owner, mayJoin }: KnownRole,
  { name }: SchemaNames,
): void {
  const reason =
    (superuser && 'is a superuser') ||
    (owner &&
      `owns the database or objects of the schema ${name}, itself or through another role`) ||
    (mayJoin && 'may make itself a member of any role (CREATEROLE)')
  if (reason === false) return
  throw rightsError(
    `The role ${role} ${reason}, so it could change the audit trail. Name another role for the server.`,
  )
}

interface Relation {
  readonly name: string
  readonly kind: 'table' | 'partition' | 'sequence'
}

async function findRelations(session: Session): Promise<readonly Relation[]> {
  return await session.query<Relation>(`
    select relname as name,
      case when relkind = 'S' then 'sequence' when relispartition then 'partition' else 'table' end
        as kind
    from pg_class
    where relnamespace = '${session.schema.quoted}'::regnamespace and relkind in ('r', 'p', 'S')
    order by relname`)
}

async function grantStatements(session: Session, role: string): Promise<readonly string[]> {
  const { quoted: schema } = session.schema
  const to = quoted(role)
  const relations = await findRelations(session)
  const [{ connects } = { connects: true }] = await session.query<{ connects: boolean }>(
    `select has_database_privilege($1, current_database(), 'connect') as connects`,
    [role],
  )
  const [database] = await session.query<{ name: string }>('select current_database() as name')
  return [
    ...(connects ? [] : [`grant connect on database ${quoted(database?.name ?? '')} to ${to}`]),
    `revoke all on schema ${schema} from ${to}`,
    `grant usage on schema ${schema} to ${to}`,
    ...relations.flatMap(({ name, kind }) => {
      const relation = `${kind === 'sequence' ? 'sequence ' : ''}${schema}.${quoted(name)}`
      const rights = granted(name, kind)
      return [
        `revoke all on ${relation} from ${to}`,
        ...(rights === null ? [] : [`grant ${rights} on ${relation} to ${to}`]),
      ]
    }),
    `grant execute on function ${schema}.ensure_audit_partitions(int) to ${to}`,
  ]
}

/**
 * Returns the rights on a relation; `null` if it needs none. Statements reach a partition through the
 * rights on its parent table.
 */
function granted(name: string, kind: Relation['kind']): string | null {
  if (kind === 'partition') return null
  if (kind === 'table') return rightsOn(name).join(', ')
  return name === 'migrations_id_seq' ? null : 'usage'
}

/**
 * Checks the resulting rights, whatever their origin: membership in another role, rights of PUBLIC, or
 * a grant that PostgreSQL skipped with a warning, because the current role may not make it.
 */
async function requireExactRights(session: Session, role: string): Promise<void> {
  const { schema } = session
  const [excess] = await session.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = '${schema.quoted}'::regnamespace and relkind in ('r', 'p')
        and (relname = 'audit_events' or relispartition)
        and (has_table_privilege($1, oid, 'update, delete, truncate, references, trigger')
          or (relispartition and has_table_privilege($1, oid, 'insert')))
      union all
      select 'schema' from pg_namespace
        where nspname = '${schema.name}' and has_schema_privilege($1, oid, 'create')`,
    [role],
  )
  if (excess !== undefined) {
    const what =
      excess.name === 'schema' ? `the schema ${schema.name}` : `${schema.name}.${excess.name}`
    throw rightsError(
      `The role ${role} could still change ${what}, through a right of PUBLIC or of a role that it is a member of. Revoke that right first.`,
    )
  }
  for (const { name, kind } of await findRelations(session)) {
    if (kind !== 'table') continue
    for (const right of rightsOn(name)) {
      const [row] = await session.query<{ held: boolean }>(
        'select has_table_privilege($1, $2, $3) as held',
        [role, `${schema.quoted}.${quoted(name)}`, right],
      )
      if (row?.held !== true)
        throw mayNotGrant(role, schema, `${right} on ${schema.name}.${name} was not granted`)
    }
  }
}

function asGrantFailure(
  error: unknown,
  role: string,
  schema: SchemaNames,
  creating: boolean,
): unknown {
  if (codeOf(error) !== insufficientPrivilege) return error
  const reason = error instanceof Error ? error.message : ''
  return creating && reason.includes('create role')
    ? rightsError(
        `The role ${role} does not exist, and the role of this connection may not create it (CREATEROLE): create it as another role, then run this command again.`,
        { cause: error },
      )
    : mayNotGrant(role, schema, reason, { cause: error })
}

function mayNotGrant(
  role: string,
  { name }: SchemaNames,
  reason: string,
  options?: ErrorOptions,
): SchemaError {
  return rightsError(
    `The rights of ${role} cannot be granted (${reason}): run this command as the role that owns the schema ${name}.`,
    options,
  )
}

function rightsError(message: string, options?: ErrorOptions): SchemaError {
  return new SchemaError('rights', message, options)
}

/**
 * Whether PostgreSQL uses the whole name. It truncates a longer one, which could then be the name of
 * another role.
 */
function isRoleName(name: string): boolean {
  const bytes = Buffer.byteLength(name)
  return bytes > 0 && bytes <= 63 && !/^(pg_|public$|none$)|\0/i.test(name)
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
