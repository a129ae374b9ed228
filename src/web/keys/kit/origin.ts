import { m } from '../messages/current.ts'
import { visibleText } from './visible.ts'

/** The client of a use of a key, as far as the server knows it. */
export interface Origin {
  readonly address: string | null
  readonly userAgent: string | null
}

/** Returns the address and the program of a client in words; empty if neither is known. */
export function originText(origin: Origin | null): string {
  if (origin === null) return ''
  const { address, userAgent } = origin
  const program = programOf(userAgent)
  if (address === null) return program === null ? '' : m.time.by(program)
  return program === null ? m.time.from(address) : m.time.fromBy(address, program)
}

/** Returns the first product of a user agent, such as `curl/8.5.0`; a browser is cut to 60 characters. */
function programOf(userAgent: string | null): string | null {
  if (userAgent === null || userAgent === '') return null
  const [product = userAgent] = userAgent.split(' ')
  const name = visibleText(product.startsWith('Mozilla/') ? userAgent : product)
  return name.length > 60 ? `${name.slice(0, 59)}…` : name
}
