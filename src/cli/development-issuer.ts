import type { Config } from '../config.ts'
import { developmentIssuerPath } from '../credentials/development-issuer-path.ts'
import { recordedIssuer } from '../development/recorded-issuer.ts'
import type { CommandContext } from './command-context.ts'

/**
 * Returns the URL of the development issuer. Without `PUBLIC_URL` and `PORT` it is that of the server that
 * started last with the same `DATA_DIR`: its port may come from `serve --port`.
 *
 * @returns `null`: `PORT` is 0, and no server has started
 */
export async function developmentIssuerUrl(
  { publicUrl, dataDir }: Config,
  { PUBLIC_URL, PORT }: CommandContext['environment'],
): Promise<string | null> {
  const own = publicUrl === null ? null : publicUrl + developmentIssuerPath
  const isChosen = Boolean(PUBLIC_URL) || Boolean(PORT)
  return isChosen && own !== null ? own : ((await recordedIssuer(dataDir)) ?? own)
}
