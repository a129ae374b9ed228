/** A property of the metadata, as the person enters it. Empty ones are left out. */
export interface MetadataEntry {
  readonly id: number
  readonly property: string
  readonly value: string
  /** A value that is not a text, and the JSON text that `value` shows for it. It stays as it is until the person edits it. */
  readonly original?: { readonly value: unknown; readonly text: string }
}

let last = 0

export const emptyEntry = (): MetadataEntry => ({ id: ++last, property: '', value: '' })

const isFilled = ({ property, value }: MetadataEntry) => property.trim() !== '' || value !== ''

/** Returns entries with the metadata of a key. */
export function entriesOf(metadata: Readonly<Record<string, unknown>>): readonly MetadataEntry[] {
  return Object.entries(metadata).map(([property, value]) => {
    if (typeof value === 'string') return { id: ++last, property, value }
    const text = JSON.stringify(value)
    return { id: ++last, property, value: text, original: { value, text } }
  })
}

export function metadataOf(entries: readonly MetadataEntry[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    entries
      .filter(isFilled)
      .map(({ property, value, original }) => [
        property.trim(),
        original?.text === value ? original.value : value,
      ]),
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
