import { admin } from './en/admin.ts'
import { common } from './en/common.ts'
import { create } from './en/create.ts'
import { details } from './en/details.ts'
import { health } from './en/health.ts'
import { list } from './en/list.ts'
import { secret } from './en/secret.ts'
import { sessions } from './en/sessions.ts'

/** All texts of the page in English. */
export const en = { ...common, admin, create, details, health, list, secret, sessions }
