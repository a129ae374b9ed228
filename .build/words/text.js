/** Replaces matches by spaces and keeps line breaks, so that offsets in the text do not change. */
export const blank = (text, pattern) =>
  text.replace(pattern, (match) => match.replace(/[^\n]/g, ' '))

/** Replaces code between backticks by as many letters. */
export const withoutCode = (text) =>
  text.replace(/`([^`\n]*)`/g, (_, code) => `\`${'x'.repeat(code.length)}\``)

export const oneLine = (text) => text.replace(/\s+/g, ' ').trim()

/** The first 70 characters, on one line. */
export const excerpt = (text) => oneLine(text).slice(0, 70)

/** The first sentence, on one line. */
export function firstSentence(text) {
  const line = oneLine(text)
  return /^.*?[.?!](?= |$)/.exec(line)?.[0] ?? line
}

/** The number of spaces and line breaks before the text begins. */
export const indent = (text) => Math.max(0, text.search(/\S/))

/** Returns a function that gives the line, from 1, of an offset in the text. */
export function lineNumbers(text) {
  const starts = [...text.matchAll(/^/gm)].map(({ index }) => index)
  return (offset) => {
    const next = starts.findIndex((start) => start > offset)
    return next < 0 ? starts.length : next
  }
}

/** The words of a name in camel case or with underscores, in lower case. */
export const wordsOf = (name) =>
  name.split(/(?<=[a-z0-9])(?=[A-Z])|_/).map((word) => word.toLowerCase())
