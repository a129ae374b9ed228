/** A property of the metadata, as the person enters it. Empty ones are left out. */
export interface MetadataEntry {
  readonly id: number
  readonly property: string
  readonly value: string
}

let last = 0

export const emptyEntry = (): MetadataEntry => ({ id: ++last, property: '', value: '' })

const isFilled = ({ property, value }: MetadataEntry) => property.trim() !== '' || value !== ''

export function metadataOf(entries: readonly MetadataEntry[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.filter(isFilled).map(({ property, value }) => [property.trim(), value]),
  )
}

/** Returns the first entry that has no property, or that has the property of another one; undefined if none does. */
export function invalidEntry(entries: readonly MetadataEntry[]): MetadataEntry | undefined {
  const seen = new Set<string>()
  return entries.filter(isFilled).find(({ property }) => {
    const name = property.trim()
    const isInvalid = name === '' || seen.has(name)
    seen.add(name)
    return isInvalid
  })
}
