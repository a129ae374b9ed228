/** The path of the development issuer below the public URL. All its paths begin with it. */
export const developmentIssuerPath = '/dev/issuer'

/** Whether an issuer is a development issuer, of this or another server. It issues tokens to anyone. */
export function isDevelopmentIssuer(issuer: string): boolean {
  return issuer.endsWith(developmentIssuerPath)
}
