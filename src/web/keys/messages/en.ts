import { common } from './en/common.ts'
import { create } from './en/create.ts'
import { list } from './en/list.ts'
import { secret } from './en/secret.ts'

/** All texts of the page in English. */
export const en = { ...common, list, create, secret }
