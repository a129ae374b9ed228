import { type DocumentNode, GraphQLError, Source } from 'graphql'
import { parseDocument } from '../decision/index.ts'

/**
 * The characters that a document may have for each allowed token, for comments, indentation and long
 * strings.
 */
const charactersPerToken = 32

/**
 * Parses a document of at most `maxTokens` tokens, `maxTokens` lines, and 32 characters for each allowed token.
 * Comments and blank lines do not count as tokens, but reading them takes time, and so does the computation of
 * error locations, which counts lines.
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

/** Returns the index at which the first `maximum` lines end; `null` if the text has fewer lines. */
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

/** Returns the error about tokens, if there are too many: it is the most common one and the clearest. */
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
