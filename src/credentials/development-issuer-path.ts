/** Under the public URL; all paths of the development issuer begin with it. */
export const developmentIssuerPath = '/dev/issuer'

/** Whether an issuer is one that hands tokens to whoever asks, here or on another server. */
export function isDevelopmentIssuer(issuer: string): boolean {
  return issuer.endsWith(developmentIssuerPath)
}
