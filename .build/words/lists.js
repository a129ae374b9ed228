/** Lines that a file has at most. */
export const maxLines = { 'README.md': 230 }

/**
 * Phrases that a reader has to translate into English, with what to write instead. A space in a pattern
 * matches any white space. Code between backticks is ignored.
 */
export const phrases = [
  // Sentences without a subject.
  [
    /(?<=[.:;] |^)Who(?! else\b)(?= \w)(?![^.?!]*\?)/,
    'begin with a subject: "a caller that", "the user who"',
  ],
  [/\bwho asks\b|\bwhoever\b|\bfor who\b|\bto who\b/i, 'a caller that, anyone who'],
  [/\bwhom it (?:is|was)\b/i, 'by whom'],
  [/\bwhat you lack\b/i, 'the scopes that the caller lacks'],
  [/\bnearest to\b/i, 'closest to'],
  // Negations on the noun.
  [/\b(?<!there )(?:is|are|was|were|be) none\b/i, 'is not one, does not exist'],
  [/\bwhat is none\b/i, 'anything else'],
  [/\b(?<!there )(?:is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b)/i, 'is not a'],
  [
    /\b(?:is|are|was|were) no more\b(?! than\b)|\b(?:is|are|was|were) gone\b|\bgone with\b/i,
    'was deleted, no longer exists',
  ],
  [/\band no more\b(?! than\b)/i, 'and nothing else, only'],
  [/\bnothing but\b|\bnone but\b|\ball but\b|\bbut for\b/i, 'only, except'],
  [/\bno one's|\bnobody's/i, 'of no user; a decoy'],
  // Verbs of talk for what a program does.
  [/\btold\b/i, 'informed, notified, reported, recorded, distinguished'],
  [
    /\btell(?:s|ing)? (?:of|apart|about|nothing|more|no more)\b|\btells?(?= each| them| us\b)/i,
    'report, show, distinguish',
  ],
  [/\bheard\b|\bhears?\b|\bhearing\b/i, 'receive(d)'],
  [/\blearnt\b|\blearns? of\b/i, 'receive(d), is/was notified'],
  [/\b(?:says?|said|asks?|asked|knew|knows) of\b/i, 'about'],
  [/\bfalls? silent\b|\bof silence\b/i, 'stops responding, no message'],
  [/\bremember(?:s|ed|ing)?\b/i, 'cache(d), keep, store'],
  [
    /\bforgets?\b|\bforgot\b|\bforgetting\b|\b(?:is|are|was|were|be) forgotten\b/i,
    'discard, evict',
  ],
  [/\bpatience\b/i, 'timeout'],
  [/\bvouch(?:es)?\b/i, 'asserts'],
  [/\bwent by\b|\bgoes by\b/i, 'used, depends on'],
  [/\bg(?:o|oes|oing|ne) on\b|\bwent on\b/i, 'continue(s)'],
  [/\blets? (?:us|it|them) in\b|\blet in\b/i, 'accept(s) the login'],
  [/\b(?:is|are|was|may be|to be) had\b/i, 'come(s) from, be fetched'],
  [/\b(?:became|become|becomes|comes) of\b/i, 'happens to, the result'],
  [/\bbur(?:y|ied)\b/i, 'reap(ed)'],
  // Words that are old, or rare.
  [/\bwithoutPlace\b/, 'withoutStack'],
  [/\banew\b/i, 'again'],
  [/\bseldom\b/i, 'rarely'],
  [/\blest\b|\bwhence\b|\bwhither\b|\bthence\b|\balbeit\b|\bere\b|\bof late\b/i, 'a current word'],
  [/\bdearer\b|\bdear\b|\bdearest\b/i, 'expensive'],
  [/\bfor want of\b|\bwant of\b/i, 'for lack of, because … is missing'],
  [/\bof (?:ours|theirs|yours)\b/i, 'our, their, your'],
  [/\bout of reach\b/i, 'unreachable'],
  [/\bfor good\b/i, 'permanently'],
  [/\bbe it\b/i, 'even if'],
  [/\bfirst sight\b/i, 'first use'],
  [/\bstands? there\b|\bas (?:it|they) stands?\b/i, 'is there, unchanged'],
  [/\b(?:after|of|for|within|with) so many\b/i, 'that number of'],
  [/\b(?:is|are|was|were) not there\b|\b(?:is|are|was) there already\b/i, 'does not exist, exists'],
]

/**
 * Words that names in the source must not contain, with what to write instead. A word in camel case stands
 * for that name only; any other word also for a part of a name, in any case.
 */
export const names = {
  remembering: 'memoizeWeak',
  nobodysKey: 'decoyRow',
  withoutPlace: 'withoutStack',
  nobody: 'decoy',
  abandon: 'RollbackWith',
  gate: 'semaphore',
  patience: 'timeoutMs',
  worked: 'succeeded',
  hear: 'receive',
  hears: 'receives',
  heard: 'received',
  unheard: 'without a heartbeat',
  learn: 'observe',
  learnt: 'observed',
  tell: 'report, notify',
  tells: 'reports, reveals',
  telling: 'informative',
  told: 'reported',
  untold: 'unreported',
  dear: 'expensive',
  whoever: 'anyone',
  asker: 'caller',
}
