/**
 * The last instant whose year has four digits, in milliseconds since the epoch. ISO 8601, PostgreSQL and
 * JavaScript write later dates in different ways.
 */
export const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** The last date that is stored in the database. Some clients cannot read later ones. */
export const lastStoredDate = new Date('9999-12-31T00:00:00Z')
