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
import { remembering } from '../remembering.ts'
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
  /**
   * Does the work of the others on a large document that is new, in several turns of the event loop.
   *
   * @returns when it is done; `undefined` where little is to be done
   */
  prepare(schema: GraphQLSchema, text: string): Promise<void> | undefined
}

/** How far the validation of a document has come, for whoever asks next to go on from there. */
interface Validation {
  /** `null`: it is not done. */
  errors: readonly GraphQLError[] | null
  readonly step: () => IteratorResult<undefined, readonly GraphQLError[] | undefined>
}

/** Smaller documents are validated in less than a millisecond. */
const [smallDocumentTokens, smallDocumentCharacters] = [150, 300]

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

  const validationsIn = remembering((schema: GraphQLSchema) =>
    remembering((document: DocumentNode): Validation => {
      const steps = stepsOf(schema, document)
      return { errors: null, step: () => steps.next() }
    }),
  )

  /** One after the other, since each goes through the whole document. */
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

  async function validateInTurns(schema: GraphQLSchema, document: DocumentNode): Promise<void> {
    const validation = validationsIn(schema)(document)
    while (advance(validation) === null) await new Promise((resolve) => setImmediate(resolve))
  }

  return {
    parse,
    validate: validateOnce,
    prepare(schema, text) {
      if (text.length < smallDocumentCharacters) return undefined
      const document = documentOrNull(() => parse(text))
      if (document === null || (document.tokenCount ?? 0) < smallDocumentTokens) return undefined
      if (validationsIn(schema)(document).errors !== null) return undefined
      return validateInTurns(schema, document)
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

/** One more step. @returns the errors once there are no more steps */
function advance(validation: Validation): readonly GraphQLError[] | null {
  if (validation.errors === null) {
    const { done, value } = validation.step()
    // A step that threw leaves nothing to go on from: the document never counts as valid.
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
    // Whoever asks for it is told.
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
  // Characters of two bytes, once as the key and once as the source.
  return bytesPerEntry + 4 * text.length + bytesPerToken * tokens
}
