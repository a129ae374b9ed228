import { type DocumentNode, GraphQLError, parse, type Source } from 'graphql'

/**
 * @param maxTokens what is longer is not read to its end
 * @throws GraphQLError saying where; `extensions.limit` when the document is too long or too deep
 */
export function parseDocument(source: string | Source, maxTokens?: number): DocumentNode {
  try {
    return parse(source, maxTokens === undefined ? {} : { maxTokens })
  } catch (error) {
    // The parser recurses into nested values: a few thousand brackets exhaust its stack.
    if (error instanceof RangeError) {
      const extensions = { limit: 'depth' }
      throw new GraphQLError('Syntax Error: The document is nested too deep.', { extensions })
    }
    if (error instanceof GraphQLError && /more tha\w \d+ tokens/.test(error.message)) {
      error.extensions.limit = 'tokens'
    }
    throw error
  }
}
