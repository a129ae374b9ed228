import { readDocument } from './document.js'
import { names as bannedNames, maxLines, phrases } from './lists.js'
import { faultsOfOpenings } from './openings.js'
import { readSchema } from './schema.js'
import { readSource } from './source.js'
import { excerpt, lineNumbers, oneLine, withoutCode, wordsOf } from './text.js'

/**
 * A piece of prose in a file, which begins at offset `start`. Its marks, such as `//`, are spaces. A
 * description has a schema `coordinate`, a doc comment the `name` of the declaration after it.
 *
 * @typedef {'description' | 'doc' | 'comment' | 'string' | 'document'} Kind
 * @typedef {{ kind: Kind, text: string, start: number, coordinate?: string, name?: string }} Prose
 */

/**
 * Finds the faults in the wording of a file, in the order of its lines.
 *
 * @param {string} file its path. Files of other kinds than GraphQL, Markdown and JavaScript have no faults
 * @param {string} text
 * @returns {{ line: number, message: string }[]}
 */
export function faultsIn(file, text) {
  const lineOf = lineNumbers(text)
  const { prose = [], names = [], undescribed = [] } = read(file, text)
  const faults = [
    ...faultsOfLength(file, text),
    ...undescribed.map(({ coordinate, start }) => ({
      start,
      message: `${coordinate} has no description`,
    })),
    ...prose.flatMap(faultsOfProse),
    ...names.flatMap(faultsOfName),
  ]
  return faults
    .sort((a, b) => a.start - b.start)
    .map(({ start, message }) => ({ line: lineOf(start), message }))
}

function read(file, text) {
  if (file.endsWith('.graphql')) return readSchema(text)
  if (file.endsWith('.md')) return readDocument(text)
  return /\.m?[jt]s$/.test(file) ? readSource(file, text) : {}
}

function faultsOfLength(file, text) {
  const lines = text.trimEnd().split('\n').length
  const max = maxLines[file] ?? Infinity
  return lines > max
    ? [{ start: text.trimEnd().length, message: `${lines} lines: write ${max} at most` }]
    : []
}

function faultsOfProse(prose) {
  return [
    ...faultsOfOpenings(prose),
    ...faultsOfPhrases(prose),
    ...faultsOfForm(prose),
    ...faultsOfRepetition(prose),
  ]
}

const patterns = phrases.map(([{ source, flags }, instead]) => ({
  pattern: new RegExp(source.replaceAll(' ', '\\s+'), `${flags}gm`),
  instead,
}))

function faultsOfPhrases({ text, start }) {
  const plain = withoutCode(text)
  return patterns.flatMap(({ pattern, instead }) =>
    [...plain.matchAll(pattern)].map(({ 0: phrase, index }) => ({
      start: start + index,
      message: `"${oneLine(phrase)}": write ${instead}`,
    })),
  )
}

/** A description is a sentence at least in form. */
function faultsOfForm({ kind, text, start, coordinate }) {
  if (kind !== 'description') return []
  const sentence = text.trim()
  const faults = []
  if (!/^[A-Z]/.test(sentence)) faults.push('does not begin with a capital letter')
  if (!sentence.endsWith('.')) faults.push('does not end with a full stop')
  return faults.map((fault) => ({ start, message: `${coordinate}: the description ${fault}` }))
}

const fillers = new Set(['a', 'an', 'for', 'its', 'of', 'that', 'the', 'this', 'to'])

/** "The user." before `user` says nothing. */
function faultsOfRepetition({ kind, text, start, name }) {
  if (kind !== 'doc' || name === undefined) return []
  const known = new Set(wordsOf(name).map(singular))
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? []
  return words.every((word) => fillers.has(word) || known.has(singular(word)))
    ? [{ start, message: `"${excerpt(text)}" repeats the name ${name}: write more, or nothing` }]
    : []
}

const singular = (word) => word.replace(/s$/, '')

function faultsOfName({ name, start }) {
  const word = [name, ...wordsOf(name)].find((word) => Object.hasOwn(bannedNames, word))
  return word === undefined
    ? []
    : [{ start, message: `the name ${name}: write ${bannedNames[word]}` }]
}
