import type { Plugin } from 'graphql-yoga'
import type { OperationGuards } from '../limits/operation-guards.ts'

/**
 * Parses and validates each document by the reader for its sender, which refuses what is too large before
 * more work goes into it and keeps what came of it.
 *
 * Needs `parserAndValidationCache: false`: Yoga's caches tell neither callers nor sizes apart.
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
