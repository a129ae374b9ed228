import { type DocumentNode, GraphQLError, parse, type Source } from 'graphql'

/**
 * Parses a document.
 *
 * @param maxTokens the parser stops after this number of tokens. Default: no limit
 * @throws GraphQLError with the location; with `extensions.limit` if the document is too long or nested too
 * deeply
 */
export function parseDocument(source: string | Source, maxTokens?: number): DocumentNode {
  try {
    return parse(source, maxTokens === undefined ? {} : { maxTokens })
  } catch (error) {
    // The parser recurses into nested values: a few thousand brackets exhaust its stack.
    if (error instanceof RangeError) {
      const extensions = { limit: 'depth' }
      throw new GraphQLError('Syntax Error: The document is nested too deeply.', { extensions })
    }
    if (error instanceof GraphQLError && /more tha\w \d+ tokens/.test(error.message)) {
      error.extensions.limit = 'tokens'
    }
    throw error
  }
}
