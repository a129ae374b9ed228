import { excerpt, firstSentence, indent } from './text.js'

const noSubject = 'has no subject'
const clauseForSubject = 'begins with a clause instead of a subject'
const clauseAlone = 'has no main clause'

const openings = [
  // "What the key may do." "How long the secret works" is the name of a quantity.
  [
    /^(?:What|Who|Whom|Whose|Which|Why|How(?! (?:far|large|long|many|much|often|old)\b)|Whoever|Whomever|Whosever|Whatever|Whichever)\b/,
    clauseForSubject,
  ],
  // "Until when the secret works."
  [
    /^(?:Until|Till|Since|From|For|By|With|Within|In|Into|To|At|On|Under|About|Of) (?:what|which|whom?|whose|where|when|how)\b/,
    clauseForSubject,
  ],
  // "Told of each change.", "Left out, your own."
  [/^(?:Told|Heard|Asked|Learnt|Remembered|Forgotten|Left out|Hands what)\b/, noSubject],
  // "Of the key.", "Those of one request.", "Such as `a`.", "That a scope was needed."
  [/^(?:Of|Those|Such as|Nor)\b|^That (?:a|an|the|no|it|each|every) /, noSubject],
]

/** "When the secret expires", which needs a main clause behind a comma. */
const subordinate =
  /^(?:Where|When|As|While|If|Because|So that|Unless|Before|After|Until|Since|Once|Wherever|Whenever) /
/** "As of 2.0" and "After the request" have no verb, so they need no main clause. */
const withoutVerb =
  /^(?:As of|As (?:many|much|few) as|(?:Before|After|Until|Since) (?:that|this|the|a|an|each|every|\d+) \w+[.:;,])/
const mainClause =
  /, (?!(?:by|in|for|of|as|milliseconds|seconds|such|or|and|with|without|from|not|null|at|to|on|if|where|when|which|who|what|but|else)\b)\S+ \S+/

/** Finds descriptions, comments and messages that do not begin as sentences do. */
export function faultsOfOpenings({ kind, text, start, coordinate }) {
  const subject = coordinate === undefined ? '' : `${coordinate}: `
  return beginnings(kind, text).flatMap((beginning) => {
    const fault = beginning.judge(beginning.text)
    if (fault === null) return []
    const message = `${subject}"${excerpt(beginning.text)}" ${fault}`
    return [{ start: start + beginning.start, message }]
  })
}

/** Returns the texts in a piece of prose that begin a sentence, each with the function that judges it. */
function beginnings(kind, text) {
  if (kind === 'document') return []
  if (kind !== 'doc') {
    const judge = kind === 'description' ? headless : headlessNote
    // The text of a string is not trimmed: one that begins with a space continues a sentence.
    return [kind === 'string' ? { text, start: 0, judge } : { ...trimmed(text, 0), judge }]
  }
  const tags = [...text.matchAll(/(?<=^|\n)\s*@(\w+) */g)]
  const ends = [...tags.map(({ index }) => index), text.length]
  const lead = { ...trimmed(text.slice(0, ends[0]), 0), judge: headless }
  const texts = tags.flatMap(({ 0: tag, 1: name, index }, i) => {
    const start = index + tag.length
    return textOfTag(name, text.slice(start, ends[i + 1]), start)
  })
  return [lead, ...texts]
}

function textOfTag(name, text, start) {
  if (name !== 'param' && name !== 'returns') return []
  const parameter = name === 'param' ? (/^\S+\s+(?:- )?/.exec(text)?.[0].length ?? 0) : 0
  return [{ ...trimmed(text.slice(parameter), start + parameter), judge: headlessNote }]
}

const trimmed = (text, start) => ({ text: text.trim(), start: start + indent(text) })

/** Returns the fault in the first sentence of a description or a doc comment, or `null`. */
function headless(text) {
  const sentence = firstSentence(text)
  if (sentence.endsWith('?')) return null
  const opening = openings.find(([pattern]) => pattern.test(sentence))
  if (opening !== undefined) return opening[1]
  const needsMainClause = subordinate.test(sentence) && !withoutVerb.test(sentence)
  return needsMainClause && !mainClause.test(sentence) ? clauseAlone : null
}

/**
 * The same for comments inside functions, for messages and for the text of `@param` and `@returns`, where a
 * text without a subject is usual: "milliseconds", "of the parent", "as for `update`".
 */
function headlessNote(text) {
  const clause =
    /^(?:what|who|whom|whose|which|whoever|whatever|why|how(?! (?:far|large|long|many|much|often|old)\b))\b/i
  return clause.test(text) && !firstSentence(text).endsWith('?') ? clauseForSubject : null
}
