import type { IssuerSettings } from './issuer-settings.ts'

/** The path segments of Entra that stand for several tenants. */
const severalTenants = /\/(common|organizations|consumers)(?=\/|$)/

export function standsForSeveralTenants(issuer: string): boolean {
  return severalTenants.test(issuer)
}

/** Returns the settings of each tenant, or `settings` itself if it has no `tenants`. Each tenant is an issuer. */
export function expandTenants(settings: IssuerSettings): readonly IssuerSettings[] {
  const { tenants, aliases, ...shared } = settings
  if (tenants === undefined) return [settings]
  return tenants.map((tenant) => {
    const named = (issuer: string) => issuer.replace(severalTenants, `/${tenant}`)
    return {
      ...shared,
      issuer: named(shared.issuer),
      ...(aliases !== undefined && { aliases: aliases.map(named) }),
    }
  })
}
