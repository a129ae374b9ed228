import { parse } from '@babel/parser'
import { blank } from './text.js'

/** Words that may stand between a doc comment and the name that it describes. */
const modifiers = new Set([
  'abstract',
  'async',
  'declare',
  'get',
  'interface',
  'override',
  'private',
  'readonly',
  'set',
  'static',
  'type',
])

/**
 * Returns the prose and the identifiers of a TypeScript or JavaScript file. A doc comment has the `name` of
 * the declaration after it.
 */
export function readSource(file, text) {
  const { comments, tokens } = parse(text, {
    sourceType: 'module',
    plugins: file.endsWith('.ts') ? ['typescript'] : [],
    attachComment: false,
    tokens: true,
  })
  const names = []
  const prose = [...notes(text, comments)]
  let doc = null
  for (const { type, value, start, end } of tokens) {
    const kind = type.label ?? type
    if (kind === 'CommentBlock' && value.startsWith('*')) {
      doc = docComment(text, start, value)
      prose.push(doc)
    } else if (kind === 'name') {
      names.push({ name: value, start })
      if (doc !== null && !modifiers.has(value)) {
        doc.name = value
        doc = null
      }
    } else if (isMessage(kind, value)) {
      prose.push(
        message(text, kind === 'string' ? { start: start + 1, end: end - 1 } : { start, end }),
      )
    }
  }
  return { prose, names }
}

/** A string of one word is a value of the program, not a message. */
function isMessage(kind, value) {
  return (kind === 'string' || kind === 'template') && / /.test(value.trim())
}

/** Line breaks and tabs that are written as escapes count as spaces. */
function message(text, { start, end }) {
  return { kind: 'string', text: blank(text.slice(start, end), /\\[nt]/g), start }
}

function docComment(text, start, value) {
  const comment = text.slice(start, start + value.length + '/**/'.length)
  const prose = blank(blank(comment, /^\/\*+|\*+\/$/g), /(?<=\n)[ \t]*\*/g)
  return { kind: 'doc', text: prose, start }
}

/** Yields the comments other than doc comments. Consecutive lines of `//` are one comment. */
function* notes(text, comments) {
  let group = null
  for (const { type, value, start, end } of comments) {
    if (type === 'CommentBlock') {
      const isDoc = value.startsWith('*')
      if (!isDoc)
        yield { kind: 'comment', text: blank(text.slice(start, end), /^\/\*|\*\/$/g), start }
    } else if (group !== null && /^\n[ \t]*$/.test(text.slice(group.end, start))) {
      group.end = end
    } else {
      if (group !== null) yield lineComments(text, group)
      group = { start, end }
    }
  }
  if (group !== null) yield lineComments(text, group)
}

function lineComments(text, { start, end }) {
  return { kind: 'comment', text: blank(text.slice(start, end), /(?<=^|\n)[ \t]*\/\/+/g), start }
}
