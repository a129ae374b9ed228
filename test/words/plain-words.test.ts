import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../support/server-process.ts'

type Fault = { line: number; message: string }
const root = new URL('../..', import.meta.url)
const { faultsIn }: { faultsIn(file: string, text: string): Fault[] } = await import(
  new URL('.build/words/faults.js', root).href
)

const messagesIn = (file: string, text: string) =>
  faultsIn(file, text).map(({ message }) => message)
const docComment = (text: string) => `/** ${text} */\nexport const x = 1\n`

describe('a doc comment', () => {
  it.each([
    'What is no more.',
    'Who asks.',
    'Whose keys are counted.',
    'When the credential was read last, by `performance.now()`.',
    'Where its keys are (RFC 7517 §5). Default: found by discovery.',
    'Until when the previous secret works.',
    'Told of each change.',
    'Of the key.',
    'Those of one request.',
    'As it was sent.',
    'How secrets are stored.',
  ])('is refused as it has no main clause: %s', (text) => {
    const [first] = faultsIn('src/x.ts', docComment(text))
    expect(first).toMatchObject({ line: 1, message: expect.stringContaining(text.slice(0, 12)) })
  })

  it.each([
    'The key that was rotated last.',
    'Milliseconds since the epoch. Default 2000.',
    'Whether the key may be used.',
    'How long the secret works, in seconds. Default 60.',
    'When the lease ends, the cache discards every entry.',
    'Where a header is missing, the request is refused.',
    'Called with each request that was answered.',
    'Returns what `close` returns.',
    '`null`: no limit.',
    'After a failure, 30 seconds pass before the next attempt.',
    'At most 100 characters.',
    'What does `null` mean? No limit.',
    'As of version 2, the default is 60.',
  ])('is accepted: %s', (text) => {
    expect(faultsIn('src/x.ts', docComment(text))).toEqual([])
  })

  it('is refused where the text of a tag begins with a clause', () => {
    const text =
      '/**\n * Observes one duration.\n *\n * @param now what the clock says\n * @returns the time\n */\nfunction f(now) {}'
    expect(faultsIn('src/x.ts', text)).toEqual([
      { line: 4, message: expect.stringMatching(/^"what the clock says" begins with a clause/) },
    ])
    expect(faultsIn('src/x.ts', text.replace('what the clock says', 'milliseconds'))).toEqual([])
  })

  it('is refused where it repeats the name', () => {
    const of = (comment: string) =>
      `type T = {\n  /** ${comment} */\n  readonly keyOwner: string\n}\n`
    expect(faultsIn('src/x.ts', of('The owner of the key.'))).toEqual([
      { line: 2, message: expect.stringContaining('repeats the name keyOwner') },
    ])
    expect(faultsIn('src/x.ts', of('The user that the key belongs to.'))).toEqual([])
  })
})

describe('a phrase', () => {
  it.each([
    ['a comment', 'src/x.ts', 'a()\n// Each watcher is\n// told of it.\n', 3],
    ['a block comment', 'src/x.ts', 'a()\n/*\n  The user\n  is no more. */\n', 4],
    ['a message', 'src/x.ts', "const x = 'The key is\\n no number.'\n", 1],
    ['a template', 'src/x.ts', 'const x = `the\nkey seldom expires`\n', 2],
    ['a document', 'docs/x.md', '# X\n\nThe node has\nheard it.\n', 4],
  ])('is refused in %s, on its line', (_, file, text, line) => {
    expect(faultsIn(file, text)).toEqual([
      { line, message: expect.stringMatching(/^".+": write \w/) },
    ])
  })

  it.each([
    ['an identifier between backticks', 'src/x.ts', '// Calls `told` for each change.\n'],
    ['a code block', 'docs/x.md', 'Run this:\n\n```sh\necho told\n```\n'],
    ['a single word that the program uses', 'src/x.ts', "const reason = 'dear'\n"],
    [
      'words that only contain it',
      'docs/x.md',
      'There is no limit. The heartbeat is no longer sent. It is no more than 2 s old.\n',
    ],
  ])('is accepted in %s', (_, file, text) => {
    expect(faultsIn(file, text)).toEqual([])
  })

  it('is refused in a message that begins with a clause', () => {
    expect(messagesIn('src/x.ts', "option('--name <name>', 'what it is for')\n")).toEqual([
      expect.stringContaining('begins with a clause'),
    ])
    expect(messagesIn('src/x.ts', "option('--name <name>', 'name of the key')\n")).toEqual([])
  })
})

it('refuses a name of the dialect as a word of an identifier', () => {
  expect(faultsIn('src/x.ts', 'const a = 1\nconst lastHeard = 2\n')).toEqual([
    { line: 2, message: expect.stringContaining('lastHeard') },
  ])
  expect(messagesIn('src/x.ts', 'const nobodysKey = 1, heartbeat = 2, gateway = 3')).toEqual([
    'the name nobodysKey: write decoyRow',
  ])
})

describe('the schema', () => {
  const plain = `
    "A user."
    type User {
      "The keys of the user."
      keys("The maximum number of keys." first: Int): [String!]
    }
    "The status of a user."
    enum Status {
      "Credentials are accepted."
      ACTIVE
    }
    "The fields to change."
    input Change {
      "The new name."
      name: String
    }
    scalar federation__FieldSet
    directive @key(fields: federation__FieldSet!) on OBJECT
    extend type Query { a: Int }
  `

  it('is accepted when everything in it is described', () => {
    expect(faultsIn('schema.graphql', plain)).toEqual([])
  })

  it.each([
    ['User', '"A user."'],
    ['User.keys', '"The keys of the user."'],
    ['User.keys.first', '"The maximum number of keys."'],
    ['Status.ACTIVE', '"Credentials are accepted."'],
    ['Change.name', '"The new name."'],
  ])('is refused when %s has no description', (coordinate, description) => {
    expect(messagesIn('schema.graphql', plain.replace(description, ''))).toEqual([
      `${coordinate} has no description`,
    ])
  })

  it.each([
    ['the new name.', 'a capital letter'],
    ['The new name', 'a full stop'],
    ['What it is called.', 'begins with a clause'],
    ['As it was given.', 'has no main clause'],
    ['The name that nobody was told.', '"told"'],
  ])('is refused for the description "%s"', (description, fault) => {
    expect(messagesIn('schema.graphql', plain.replace('The new name.', description))).toEqual([
      expect.stringContaining(fault),
    ])
  })
})

it('limits the length of the README alone', () => {
  const lines = (count: number) => 'A line.\n'.repeat(count)
  expect(faultsIn('README.md', lines(230))).toEqual([])
  expect(faultsIn('docs/x.md', lines(231))).toEqual([])
  expect(messagesIn('README.md', lines(231))).toEqual(['231 lines: write 230 at most'])
})

it('prints file, line and what to write, and exits with 1 only where there are faults', () => {
  const folder = temporaryFolder()
  const script = fileURLToPath(new URL('.build/check-words.js', root))
  const check = () => {
    const { status, stdout } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
    return { status, lines: stdout.split('\n').filter((line) => line !== '') }
  }
  mkdirSync(join(folder, 'docs'))
  writeFileSync(join(folder, 'docs/a.md'), 'The owner is notified.\n')
  expect(check()).toEqual({ status: 0, lines: [] })
  writeFileSync(join(folder, 'docs/a.md'), 'The owner\nis told.\n')
  expect(check()).toEqual({
    status: 1,
    lines: [
      expect.stringMatching(/^docs\/a\.md:2: "told": write .*notified/),
      expect.stringMatching(/^Found 1 fault/),
    ],
  })
})
