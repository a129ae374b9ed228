import { bigint, integer, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { latchkey } from './schema.ts'

/**
 * The processes that cache credentials and receive notifications of changes; `change-feed.ts` maintains
 * the rows.
 */
export const nodes = latchkey.table('nodes', {
  id: uuid('id').primaryKey(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  /** The longest time for which the node uses its cache without a notification. Milliseconds. */
  maxStalenessMs: integer('max_staleness_ms').notNull(),
  /**
   * Each heartbeat increments it. A server that lacks the last value is not the primary, or no longer
   * is.
   */
  counter: bigint('counter', { mode: 'number' }).notNull().default(0),
  startedAt: instant('started_at').notNull().defaultNow(),
  lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
})
