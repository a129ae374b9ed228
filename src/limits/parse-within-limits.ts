import { type DocumentNode, GraphQLError, Source } from 'graphql'
import { parseDocument } from '../decision/index.ts'

/** Characters of a document for each token that it may have: comments, indentation and long strings. */
const charactersPerToken = 32

/**
 * Parses a document of at most `maxTokens` tokens, as many lines, and 32 characters for each token.
 * Comments and blank lines are no tokens, yet each takes time to read, and the place of every error is
 * found by counting lines.
 *
 * @throws GraphQLError with `extensions.limit`: `tokens`, `length` or `depth`
 */
export function parseWithinLimits(source: string | Source, maxTokens: number): DocumentNode {
  const text = typeof source === 'string' ? source : source.body
  const maximum = maxTokens * charactersPerToken
  const end = endOfLines(text, maxTokens)
  if (text.length <= maximum && end === null) return parseDocument(source, maxTokens)
  throw (
    tooManyTokens(text.slice(0, Math.min(maximum, end ?? maximum)), maxTokens) ?? tooLong(maxTokens)
  )
}

/** Where the first `maximum` lines end; `null` where there are no more. */
function endOfLines(text: string, maximum: number): number | null {
  let lines = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 10 && code !== 13) continue
    // A carriage return and a line feed end one line (GraphQL §2.1.2).
    if (code === 13 && text.charCodeAt(at + 1) === 10) continue
    lines += 1
    if (lines >= maximum) return at
  }
  return null
}

/** The number of tokens is what most have too many of, and what they know of. */
function tooManyTokens(start: string, maxTokens: number): GraphQLError | null {
  try {
    parseDocument(new Source(start), maxTokens)
  } catch (error) {
    if (error instanceof GraphQLError && error.extensions.limit !== undefined) return error
  }
  return null
}

function tooLong(maxTokens: number): GraphQLError {
  const characters = maxTokens * charactersPerToken
  return new GraphQLError(
    `Syntax Error: The document has more than ${characters} characters or ${maxTokens} lines.`,
    { extensions: { limit: 'length', maximum: characters } },
  )
}
