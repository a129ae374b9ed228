import type { DocumentNode, Source } from 'graphql'
import { LRUCache } from 'lru-cache'
import { parseDocument } from '../decision/index.ts'

/** Characters of one document that is remembered, and of all of them together. */
const longest = 50_000
const longestTogether = 5_000_000

/**
 * Parses, and remembers what was parsed lately: the same text gives the same document, by which more is
 * remembered elsewhere. Bounded by length too, since anyone can send a thousand different megabytes
 * that are comments but for a few tokens.
 *
 * @param maxTokens what is longer is not read to its end
 * @returns what throws as `parseDocument` does
 */
export function createDocumentParser(maxTokens: number): (source: string | Source) => DocumentNode {
  const documents = new LRUCache<string, DocumentNode>({
    max: 1_000,
    maxSize: longestTogether,
    maxEntrySize: longest,
    sizeCalculation: (_document, text) => text.length,
  })
  return (source) => {
    const text = typeof source === 'string' ? source : source.body
    let document = documents.get(text)
    if (document === undefined) {
      document = parseDocument(source, maxTokens)
      documents.set(text, document)
    }
    return document
  }
}
