/** A definition in a GraphQL document. */
interface Definition {
  readonly start: number
  readonly end: number
  readonly fragment: string | null
  readonly operation: string | null
  readonly text: string
}

/** One operation of a document, with the fragments that it needs. Each line stays where it was in the document. */
export interface OperationPart {
  readonly name: string | null
  readonly document: string
}

/** A comment, a block string, a string, or a bracket. */
const tokens = /#[^\n\r]*|"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n\r])*"|[{}()]/g

/**
 * Splits a document into its operations, so that the limits on one operation do not count for a file of many. Only
 * brackets are read: the server says what is wrong with an operation, and with a document without any.
 */
export function operationParts(document: string): readonly OperationPart[] {
  const definitions = definitionsIn(document)
  const operations = definitions.filter(({ fragment }) => fragment === null)
  const [only = null, second] = operations
  if (second === undefined) return [{ name: only?.operation ?? null, document }]
  const fragments = new Map(definitions.map((definition) => [definition.fragment, definition]))
  return operations.map((operation) => {
    const kept = new Set([operation])
    // The set grows while it is walked: fragments need fragments.
    for (const { text } of kept) {
      for (const [, name = ''] of text.matchAll(/\.\.\.\s*(\w+)/g)) {
        const fragment = fragments.get(name)
        if (fragment !== undefined) kept.add(fragment)
      }
    }
    const others = definitions.filter((definition) => !kept.has(definition))
    return { name: operation.operation, document: without(document, others) }
  })
}

function definitionsIn(document: string): readonly Definition[] {
  const definitions: Definition[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of document.matchAll(tokens)) {
    if (token === '{' || token === '(') depth++
    if (token !== '}' && token !== ')') continue
    depth--
    if (depth > 0 || token === ')') continue
    const end = index + 1
    definitions.push(definitionOf(document.slice(start, end), start, end))
    start = end
    depth = 0
  }
  return definitions
}

function definitionOf(text: string, start: number, end: number): Definition {
  const head = text.replace(/#[^\n\r]*/g, '').trimStart()
  const [, kind, name = null] =
    /^(fragment|query|mutation|subscription)\b\s*(\w+)?/.exec(head) ?? []
  const isFragment = kind === 'fragment'
  return {
    start,
    end,
    text,
    fragment: isFragment ? name : null,
    operation: isFragment ? null : name,
  }
}

/** Leaves definitions out, and keeps their line breaks. */
function without(document: string, left: readonly Definition[]): string {
  let text = ''
  let position = 0
  for (const { start, end } of left) {
    text += document.slice(position, start) + document.slice(start, end).replace(/[^\n\r]/g, '')
    position = end
  }
  return text + document.slice(position)
}
