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
import { memoizeWeak } from '../memoize-weak.ts'
import { withoutStack } from '../without-stack.ts'
import { parseWithinLimits } from './parse-within-limits.ts'
import { specificationRules } from './validation-rules.ts'

export interface DocumentReaderOptions {
  /** The parser stops after this number of tokens. */
  readonly maxTokens: number
  /** Rules that run before those of the specification and bound their work. */
  readonly rules: readonly ValidationRule[]
  /** Whether errors omit "Did you mean …?", which reveals names of the schema. */
  readonly hideSuggestions: boolean
  /** The maximum size of the cache in bytes, estimated. */
  readonly maxBytes: number
}

/**
 * Parses and validates documents, and caches the results by text, including failures, up to a number of bytes.
 * Anonymous and authenticated callers have separate readers, because their limits and errors differ.
 */
export interface DocumentReader {
  /** Returns the same document object for the same text while it is cached. @throws GraphQLError */
  parse(source: string | Source): DocumentNode
  /** Returns at most 25 errors; an empty list means that the document is valid. */
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[]
  read(schema: GraphQLSchema, text: string): ReadDocument
  /**
   * Parses and validates a large document that is not cached, in several turns of the event loop.
   *
   * @param onTurn called with the duration of each turn, in milliseconds
   * @returns a promise that is fulfilled when this is done; `undefined` if the document is small or cached
   */
  prepare(
    schema: GraphQLSchema,
    text: string,
    onTurn?: (milliseconds: number) => void,
  ): Promise<void> | undefined
}

/** The progress of a validation, which the next caller continues. */
interface Validation {
  /** `null` until the validation is complete. */
  errors: readonly GraphQLError[] | null
  readonly step: () => IteratorResult<undefined, readonly GraphQLError[] | undefined>
}

/** Smaller documents take less than a millisecond to validate. */
const [smallDocumentTokens, smallDocumentCharacters] = [150, 300]

/** The most errors of one document. The location of each takes time to compute in a long document. */
const maxErrors = 25
/** The memory that parsing and analysis use for a token with its node. Measured with Node 20: 250 to 500. */
const bytesPerToken = 500
/** The memory of an entry itself: the data of the cache, and an error. */
const bytesPerEntry = 1_000

export function createDocumentReader(options: DocumentReaderOptions): DocumentReader {
  const { maxTokens, rules, hideSuggestions, maxBytes } = options
  const parsed = new LRUCache<string, DocumentNode | GraphQLError>({
    maxSize: maxBytes,
    sizeCalculation: bytesOf,
  })

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

  const validationsIn = memoizeWeak((schema: GraphQLSchema) =>
    memoizeWeak((document: DocumentNode): Validation => {
      const steps = stepsOf(schema, document)
      return { errors: null, step: () => steps.next() }
    }),
  )

  /** Yields after each group of rules, since each group visits the whole document. */
  function* stepsOf(schema: GraphQLSchema, document: DocumentNode) {
    const errors: GraphQLError[] = []
    for (const group of [rules, ...specificationRules]) {
      errors.push(...validate(schema, document, group, { maxErrors, hideSuggestions }))
      // The limits bound the work of the other rules.
      if (errors.length > maxErrors || (group === rules && errors.length > 0)) break
      yield
    }
    return errors.slice(0, maxErrors).map(withoutStack)
  }

  function validateOnce(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
    const validation = validationsIn(schema)(document)
    for (;;) {
      const errors = advance(validation)
      if (errors !== null) return errors
    }
  }

  async function validateInTurns(
    validation: Validation,
    onTurn: (milliseconds: number) => void,
  ): Promise<void> {
    for (;;) {
      const since = performance.now()
      const errors = advance(validation)
      onTurn(performance.now() - since)
      if (errors !== null) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  return {
    parse,
    validate: validateOnce,
    prepare(schema, text, onTurn = () => {}) {
      if (text.length < smallDocumentCharacters) return undefined
      const document = documentOrNull(() => parse(text))
      if (document === null || (document.tokenCount ?? 0) < smallDocumentTokens) return undefined
      const validation = validationsIn(schema)(document)
      return validation.errors === null ? validateInTurns(validation, onTurn) : undefined
    },
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

/** Runs the next step. @returns the errors after the last step; `null` before */
function advance(validation: Validation): readonly GraphQLError[] | null {
  if (validation.errors === null) {
    const { done, value } = validation.step()
    // After a step that threw, the validation cannot continue: the document never counts as valid.
    if (done) {
      if (value === undefined)
        throw new Error('The validation of the document was interrupted by an error.')
      validation.errors = value
    }
  }
  return validation.errors
}

function documentOrNull(parse: () => DocumentNode): DocumentNode | null {
  try {
    return parse()
  } catch {
    // The caller gets the error from `parse`.
    return null
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
  // The text is stored twice, as the key and as the source, with two bytes for each character.
  return bytesPerEntry + 4 * text.length + bytesPerToken * tokens
}
