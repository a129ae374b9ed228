import { isIssuerPreset, issuerPresets } from './issuer-presets.ts'
import type { IssuerSettings } from './issuer-settings.ts'

/** The settings that decide the names of an issuer. */
export type NamedIssuer = Pick<IssuerSettings, 'issuer' | 'preset' | 'aliases'>

/** Returns every accepted value of `iss`, without duplicates: `issuer` first, then its aliases. */
export function issuerNames({ issuer, preset, aliases = [] }: NamedIssuer): readonly string[] {
  const known: Readonly<Record<string, string>> =
    preset !== undefined && isIssuerPreset(preset) ? issuerPresets[preset].issuerAliases : {}
  const ofPreset = Object.hasOwn(known, issuer) ? [known[issuer] ?? issuer] : []
  return [...new Set([issuer, ...ofPreset, ...aliases])]
}

/** Returns the aliases of issuers, each with the issuer that it stands for. */
export function issuersByAlias(issuers: readonly NamedIssuer[]): ReadonlyMap<string, string> {
  return new Map(
    issuers.flatMap((settings) =>
      issuerNames(settings)
        .slice(1)
        .map((alias) => [alias, settings.issuer] as const),
    ),
  )
}

type NamesOfIssuer = { readonly names: readonly string[] }

/** Returns every name of issuers, aliases included. */
export function namesOf(issuers: readonly NamesOfIssuer[]): ReadonlySet<string> {
  return new Set(issuers.flatMap(({ names }) => names))
}

/** Returns the aliases of issuers. */
export function aliasesOf(issuers: readonly NamesOfIssuer[]): ReadonlySet<string> {
  return new Set(issuers.flatMap(({ names }) => names.slice(1)))
}
