import type { CredentialDirectory } from './directory.ts'
import type { ResolvedIssuer } from './issuer-settings.ts'

/** Returns the fault of an alias under which users are stored, as the end of a sentence. */
export function unmergedAliasFault(alias: string, issuer: string): string {
  return `has the alias ${alias}, under which users are stored. Merge them with the users of the issuer: latchkey users merge-issuer ${shellWord(alias)} ${shellWord(issuer)}`
}

function shellWord(text: string): string {
  return /^[\w:/.@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/**
 * Returns a function that rejects while users are stored under an alias of an issuer: each of them would
 * become a second user, without its suspension and its grant. It asks the directory until the answer is good
 * once, and nothing if no issuer has an alias.
 */
export function createAliasCheck(
  directory: CredentialDirectory | null,
  issuers: readonly ResolvedIssuer[],
): () => Promise<void> | null {
  const byAlias = new Map(
    issuers.flatMap(({ issuer, names }) => names.slice(1).map((alias) => [alias, issuer] as const)),
  )
  let isGood = byAlias.size === 0 || directory?.findUnmergedAliases === undefined
  let checking: Promise<void> | null = null

  async function check(): Promise<void> {
    const [alias] = (await directory?.findUnmergedAliases?.([...byAlias.keys()])) ?? []
    if (alias !== undefined) {
      throw new Error(`JWT issuer ${unmergedAliasFault(alias, byAlias.get(alias) ?? '')}`)
    }
    isGood = true
  }
  return () => {
    if (isGood) return null
    checking ??= check().finally(() => {
      checking = null
    })
    return checking
  }
}
