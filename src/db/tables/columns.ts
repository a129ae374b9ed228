import { sql } from 'drizzle-orm'
import { type AnyPgColumn, customType, timestamp } from 'drizzle-orm/pg-core'
import { lastStoredDate } from '../../last-date.ts'

/**
 * A column with the millisecond precision of JavaScript dates, so that the position in a cursor equals
 * that of its row.
 */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/** The last day that JavaScript dates can hold; those of PostgreSQL go further, and to infinity. */
const lastDay = sql.raw(`'${lastStoredDate.toISOString().slice(0, 10)}Z'`)
/** The condition that an instant is a date that JavaScript can hold, from 1970. */
export const inRange = (column: AnyPgColumn) => sql`${column} between '1970-01-01Z' and ${lastDay}`

export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
})

/**
 * A column that is compared byte by byte, which gives the same order on every server and the fastest
 * lookup.
 */
export const keyId = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' })
