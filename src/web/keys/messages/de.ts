import type { Messages } from './current.ts'
import { admin } from './de/admin.ts'
import { common } from './de/common.ts'
import { create } from './de/create.ts'
import { details } from './de/details.ts'
import { health } from './de/health.ts'
import { list } from './de/list.ts'
import { secret } from './de/secret.ts'
import { sessions } from './de/sessions.ts'

/** All texts of the page in German. */
export const de: Messages = { ...common, admin, create, details, health, list, secret, sessions }
