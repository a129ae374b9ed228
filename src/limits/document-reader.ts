import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type Source,
  type ValidationRule,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import type { ReadDocument } from '../decision/index.ts'
import { withoutStack } from '../without-stack.ts'
import { parseWithinLimits } from './parse-within-limits.ts'
import { specificationRules } from './validation-rules.ts'

export interface DocumentReaderOptions {
  /** Longer documents are not read to their end. */
  readonly maxTokens: number
  /** Checked before the rules of the specification, whose work they bound. */
  readonly rules: readonly ValidationRule[]
  /** Leave "Did you mean …?" out of the errors, which tells what the schema has. */
  readonly hideSuggestions: boolean
  /** Bytes that what is kept may take, as estimated. */
  readonly maxBytes: number
}

/**
 * Parses and validates documents, each text once, and keeps what came of it, failures included, up to a
 * number of bytes. One for each kind of caller, since their limits and errors differ.
 */
export interface DocumentReader {
  /** The same text gives the same document. @throws GraphQLError */
  parse(source: string | Source): DocumentNode
  /** At most 25 errors; none: the document is valid. */
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[]
  read(schema: GraphQLSchema, text: string): ReadDocument
}

/** Places in a long document take time to find, and a reader's eye stops earlier. */
const maxErrors = 25
/** What parsing and analysis keep of a token, with its node, measured (Node 20): 250 to 500. */
const bytesPerToken = 500
/** Of an entry's own: the cache's bookkeeping and an error. */
const bytesPerEntry = 1_000

export function createDocumentReader(options: DocumentReaderOptions): DocumentReader {
  const { maxTokens, rules, hideSuggestions, maxBytes } = options
  const parsed = new LRUCache<string, DocumentNode | GraphQLError>({
    maxSize: maxBytes,
    sizeCalculation: bytesOf,
  })
  const validated = new WeakMap<GraphQLSchema, WeakMap<DocumentNode, readonly GraphQLError[]>>()

  function parse(source: string | Source): DocumentNode {
    const text = typeof source === 'string' ? source : source.body
    let known = parsed.get(text)
    if (known === undefined) {
      known = parsedOrError(source, maxTokens)
      parsed.set(text, known)
    }
    if (known instanceof GraphQLError) throw known
    return known
  }

  function validateOnce(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
    let ofSchema = validated.get(schema)
    if (ofSchema === undefined) {
      ofSchema = new WeakMap()
      validated.set(schema, ofSchema)
    }
    let errors = ofSchema.get(document)
    if (errors === undefined) {
      errors = check(schema, document).map(withoutStack)
      ofSchema.set(document, errors)
    }
    return errors
  }

  function check(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
    const tooLarge = validate(schema, document, rules, { maxErrors })
    if (tooLarge.length > 0) return tooLarge
    return validate(schema, document, specificationRules, { maxErrors, hideSuggestions })
  }

  return {
    parse,
    validate: validateOnce,
    read(schema, text) {
      try {
        const document = parse(text)
        return { document, errors: validateOnce(schema, document) }
      } catch (error) {
        if (error instanceof GraphQLError) return { document: null, errors: [error] }
        throw error
      }
    },
  }
}

function parsedOrError(source: string | Source, maxTokens: number): DocumentNode | GraphQLError {
  try {
    return parseWithinLimits(source, maxTokens)
  } catch (error) {
    if (error instanceof GraphQLError) return withoutStack(error)
    throw error
  }
}

function bytesOf(known: DocumentNode | GraphQLError, text: string): number {
  const tokens = known instanceof GraphQLError ? 0 : (known.tokenCount ?? text.length)
  // Characters of two bytes, once as the key and once as the source.
  return bytesPerEntry + 4 * text.length + bytesPerToken * tokens
}
