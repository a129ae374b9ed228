import type { Answer, Session } from './endpoints.ts'

/** The session when the page was opened. */
export type FirstAnswer = Answer<{ readonly session: Session | null }>

/** The script that runs before the first paint leaves the answer here for those that run later. */
export const firstSession = globalThis as { latchkeySession?: Promise<FirstAnswer> }
