import { type IssuerSettings, resolveIssuer } from '../credentials/issuer-settings.ts'
import { findMisspelling } from '../credentials/issuer-spelling.ts'
import type { Logger } from '../log.ts'

const timeoutMs = 10_000

/**
 * Logs once for each issuer whose metadata states another name: none of its tokens would be accepted. The start
 * does not wait for it.
 *
 * @returns a function that stops the check
 */
export function checkIssuerSpelling(
  issuers: readonly IssuerSettings[],
  log: Pick<Logger, 'warn'>,
): () => void {
  const stop = new AbortController()
  for (const issuer of issuers) {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)])
    void findMisspelling(resolveIssuer(issuer), signal).then((found) => {
      if (found === null || stop.signal.aborted) return
      log.warn(
        found,
        `The issuer is misspelt in the configuration: ${found.difference}. Set it to ${found.stated}`,
      )
    })
  }
  return () => stop.abort()
}
