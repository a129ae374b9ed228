import { hash } from 'node:crypto'

/**
 * The Postgres schema with Latchkey's tables, and the names that depend on it. Two schemas in one database
 * share no name, so their nodes do not receive each other's notifications or wait for each other's locks.
 */
export interface SchemaNames {
  readonly name: string
  /**
   * The quoted identifier. It contains no apostrophe, so it may also stand in a string literal that is cast
   * to `regnamespace` or `regclass`.
   */
  readonly quoted: string
  /** The channel of the notifications that triggers send about changes of keys and users. */
  readonly changeChannel: string
  /** The channel of the notifications that triggers send about changes that the owner of a key can see. */
  readonly eventChannel: string
  /**
   * The channels on which nodes are asked whether they have received every change so far, and on which
   * they answer.
   */
  readonly askChannel: string
  readonly answerChannel: string
  /** The setting in which the triggers count the notifications of a transaction. */
  readonly counterSetting: string
  /**
   * Returns the key of an advisory lock as two numbers: "latc" and `number`, for another schema than the
   * default `number` and a hash of its name.
   *
   * @param number 2: the partitions of the audit trail (see `drizzle/`); 3: migrations; 4: dead secrets
   */
  lockKey(number: number): readonly [number, number]
  /** The command that migrates this schema. */
  readonly migrateCommand: string
}

const standardName = 'latchkey'

/** PostgreSQL allows 63 bytes. The longest name of a channel needs 17 of them. */
const form = /^[a-z_][a-z0-9_]{0,45}$/

/** Returns why `name` cannot be the schema of Latchkey's tables, as the rest of a sentence, or `null`. */
export function schemaNameFault(name: unknown): string | null {
  if (typeof name !== 'string' || !form.test(name)) {
    return 'must be 1 to 46 lower-case letters, digits and _, beginning with a letter or _'
  }
  // The rights of a role are granted for a whole schema, and the names of tables must be free.
  if (/^pg_|^(?:public|information_schema)$/.test(name)) {
    return 'must name a schema of its own: not public, information_schema or pg_…'
  }
  return null
}

/** @throws TypeError if {@link schemaNameFault} finds a fault */
export function schemaNames(name: string = standardName): SchemaNames {
  const fault = schemaNameFault(name)
  if (fault !== null) throw new TypeError(`The name of the schema ${fault}.`)
  const isStandard = name === standardName
  const suffix = isStandard ? '' : `_${name}`
  return {
    name,
    quoted: `"${name}"`,
    changeChannel: `latchkey_changes${suffix}`,
    eventChannel: `latchkey_events${suffix}`,
    askChannel: `latchkey_ask${suffix}`,
    answerChannel: `latchkey_answers${suffix}`,
    counterSetting: `latchkey.changes_told${suffix}`,
    lockKey: (number) => [0x6c61_7463, isStandard ? number : hashedKey(name, number)],
    migrateCommand: isStandard ? 'latchkey migrate' : `latchkey migrate --schema ${name}`,
  }
}

export const standardSchema = schemaNames()

/** Returns a positive number of 31 bits whose last 4 bits are `number`. */
function hashedKey(name: string, number: number): number {
  const bits = Number.parseInt(hash('sha256', name, 'hex').slice(0, 8), 16)
  return ((bits & 0x7fff_fff0) | number) >>> 0
}
