/**
 * The last instant whose year has four digits, as ISO 8601, PostgreSQL and JavaScript write it alike.
 * Milliseconds since the epoch.
 */
export const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** The last date that the tables take for an instant: what is kept of later ones cannot be read back everywhere. */
export const lastStoredDate = new Date('9999-12-31T00:00:00Z')
