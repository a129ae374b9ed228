import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { createDocumentParser } from './document-parser.ts'
import { withoutPlace } from './graphql-errors.ts'

export interface UseOperationLimitsOptions {
  /** Longer documents are not read to their end. */
  readonly maxTokens: number
  /** Checked before the rules of the specification, whose work they bound. */
  readonly rules: readonly ValidationRule[]
  /** Whether the caller may be told what the schema has: others get no "Did you mean …?". */
  readonly seesSuggestions: (context: object) => boolean
}

/**
 * Refuses documents that are too large before more work goes into them, and remembers what came of
 * parsing a document and, once for each of the two kinds of caller, of validating it.
 *
 * Needs `parserAndValidationCache: false`: Yoga's caches tell neither callers nor sizes apart.
 */
export function useOperationLimits(options: UseOperationLimitsOptions): Plugin {
  const { maxTokens, rules, seesSuggestions } = options
  const remembered = { hidden: new WeakMap(), shown: new WeakMap() } satisfies Record<
    string,
    WeakMap<DocumentNode, readonly GraphQLError[]>
  >

  function validated(schema: GraphQLSchema, document: DocumentNode, hideSuggestions: boolean) {
    const known = hideSuggestions ? remembered.hidden : remembered.shown
    let errors = known.get(document)
    if (errors === undefined) {
      errors = validate(schema, document, rules)
      if (errors.length === 0) {
        errors = validate(schema, document, specifiedRules, { hideSuggestions })
      }
      known.set(document, errors.map(withoutPlace))
    }
    return errors
  }

  const parse = createDocumentParser(maxTokens)
  const show = (schema: GraphQLSchema, document: DocumentNode) => validated(schema, document, false)
  const hide = (schema: GraphQLSchema, document: DocumentNode) => validated(schema, document, true)
  return {
    onParse({ setParseFn }) {
      setParseFn(parse)
    },
    onValidate({ context, setValidationFn }) {
      setValidationFn(seesSuggestions(context) ? show : hide)
    },
  }
}
