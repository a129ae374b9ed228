/** The units of relative times. */
export type TimeUnit = 'year' | 'month' | 'week' | 'day' | 'hour' | 'minute'
