import { proxyVariables } from '../credentials/issuer-fetch.ts'
import type { Fault } from './faults.ts'

/** Finds proxies that no issuer could be reached through. The messages contain no value: it may have a password. */
export function proxyFaults(
  environment: Readonly<Record<string, string | undefined>>,
): readonly Fault[] {
  return proxyVariables
    .filter((variable) => environment[variable] && !isProxyUrl(environment[variable]))
    .map((variable) => ({
      variable,
      message: 'must be the URL of a proxy, such as http://proxy.example.com:3128',
    }))
}

function isProxyUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}
