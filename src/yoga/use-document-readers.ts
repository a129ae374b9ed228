import type { Plugin } from 'graphql-yoga'
import type { OperationGuards } from '../limits/operation-guards.ts'

/**
 * Parses and validates each document with the reader for its sender. A reader refuses documents that are too
 * large before it does more work, and caches its results.
 *
 * Requires `parserAndValidationCache: false`: Yoga's caches do not distinguish callers, and limit no sizes.
 */
export function useDocumentReaders(
  { anonymous, authenticated }: Pick<OperationGuards, 'anonymous' | 'authenticated'>,
  isAnonymous: (context: object) => boolean,
): Plugin {
  const readerFor = (context: object) => (isAnonymous(context) ? anonymous : authenticated)
  return {
    onParse({ context, setParseFn }) {
      setParseFn(readerFor(context).parse)
    },
    onValidate({ context, setValidationFn }) {
      setValidationFn(readerFor(context).validate)
    },
  }
}
