import type { secret as english } from '../en/secret.ts'

export const secret: typeof english = {}
