import { buildSchema, type GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { createDocumentReader } from '../../src/limits/document-reader.ts'

const schema = buildSchema('type Query { a: Int b: Int }')
const megabyte = 2 ** 20

function reader(
  options: { maxTokens?: number; maxBytes?: number; hideSuggestions?: boolean } = {},
) {
  let validations = 0
  const made = createDocumentReader({
    maxTokens: 100,
    rules: [
      () => {
        validations += 1
        return {}
      },
    ],
    hideSuggestions: false,
    maxBytes: megabyte,
    ...options,
  })
  return { ...made, validations: () => validations }
}

function errorOf(run: () => unknown): GraphQLError {
  try {
    run()
  } catch (error) {
    return error as GraphQLError
  }
  throw new Error('nothing was thrown')
}

describe('a document', () => {
  it('is parsed and validated once for the same text', () => {
    const { read, validations } = reader()
    const { document, errors } = read(schema, '{ a }')
    expect(errors).toEqual([])
    expect(read(schema, '{ a }').document).toBe(document)
    expect(read(schema, '{ b }').document).not.toBe(document)
    expect(validations()).toBe(2)
  })

  it('that is invalid or cannot be parsed is refused with the same errors again', () => {
    const { read, parse, validations } = reader()
    const [first] = read(schema, '{ c }').errors
    expect(first?.message).toMatch('Cannot query field "c"')
    expect(read(schema, '{ c }').errors[0]).toBe(first)
    expect(validations()).toBe(1)
    const [broken] = read(schema, '{ a').errors
    expect(broken?.message).toMatch('Syntax Error')
    expect(read(schema, '{ a').errors[0]).toBe(broken)
    expect(errorOf(() => parse('{ a'))).toBe(broken)
  })

  it('is validated against each schema', () => {
    const other = buildSchema('type Query { c: Int }')
    const { read } = reader()
    expect(read(other, '{ c }').errors).toEqual([])
    expect(read(schema, '{ c }').errors).toHaveLength(1)
  })

  it('is evicted when all documents together take too many bytes', () => {
    const { parse } = reader({ maxBytes: 100_000 })
    const first = parse('{ a }')
    for (let n = 0; n < 10; n++) parse(`{ a${n} }`)
    expect(parse('{ a }')).toBe(first)
    for (let n = 0; n < 100; n++) parse(`{ b${n} }`)
    expect(parse('{ a }')).not.toBe(first)
  })

  it('that alone would take too many bytes is not cached', () => {
    const { parse } = reader({ maxBytes: 5_000 })
    const long = `{ ${'a '.repeat(50)}}`
    expect(parse(long)).not.toBe(parse(long))
    expect(parse('{ a }')).toBe(parse('{ a }'))
  })

  it('gets at most 25 errors', () => {
    const { read } = reader()
    const many = Array.from({ length: 60 }, (_, n) => `no${n}`).join(' ')
    expect(read(schema, `{ ${many} }`).errors).toHaveLength(25)
  })

  it('gets no suggestions if they are hidden', () => {
    const messageOf = (hideSuggestions: boolean) =>
      reader({ hideSuggestions }).read(buildSchema('type Query { viewer: Int }'), '{ viewr }')
        .errors[0]?.message
    expect(messageOf(false)).toMatch(/Did you mean/)
    expect(messageOf(true)).toBe('Cannot query field "viewr" on type "Query".')
  })
})

describe('a large new document', () => {
  const large = `{ ${'a b '.repeat(90)} }`
  const invalid = `{ ${'a b '.repeat(90)} c }`

  it('is validated in several turns of the event loop, with the same outcome', async () => {
    const { prepare, read } = reader({ maxTokens: 1_000 })
    for (const source of [large, invalid]) {
      let turns = 0
      const count = () => {
        turns += 1
        setImmediate(count).unref()
      }
      setImmediate(count).unref()
      await prepare(schema, source)
      expect(turns).toBeGreaterThan(3)
      const messages = read(schema, source).errors.map(({ message }) => message)
      expect(messages).toEqual(
        reader({ maxTokens: 1_000 })
          .read(schema, source)
          .errors.map(({ message }) => message),
      )
      expect(messages).toHaveLength(source === invalid ? 1 : 0)
    }
  })

  it('is validated at once if it is requested meanwhile', async () => {
    const { prepare, read, validations } = reader({ maxTokens: 1_000 })
    const prepared = [prepare(schema, invalid), prepare(schema, invalid)]
    expect(read(schema, invalid).errors).toHaveLength(1)
    await Promise.all(prepared)
    expect(validations()).toBe(1)
    expect(prepare(schema, invalid)).toBeUndefined()
  })

  it('is not prepared if it is small or cannot be parsed', () => {
    const { prepare } = reader()
    expect(prepare(schema, '{ a }')).toBeUndefined()
    expect(prepare(schema, large)).toBeUndefined()
    expect(prepare(schema, large.slice(0, -1))).toBeUndefined()
  })

  it('whose validation is aborted never counts as valid', () => {
    const { read } = createDocumentReader({
      maxTokens: 100,
      rules: [
        () => {
          throw new RangeError('Maximum call stack size exceeded')
        },
      ],
      hideSuggestions: false,
      maxBytes: megabyte,
    })
    expect(() => read(schema, '{ a }')).toThrow(RangeError)
    expect(() => read(schema, '{ a }')).toThrow('interrupted')
  })
})

describe('ignored characters count too', () => {
  it.each([
    ['comments', `${'#\n'.repeat(200)}{ a }`, 'length'],
    ['blank lines', `{ a ${'\n'.repeat(100)} }`, 'length'],
    ['lines that end with a carriage return', `{ a ${'\r'.repeat(100)} }`, 'length'],
    ['lines that end with both', `{ a ${'\r\n'.repeat(100)} }`, 'length'],
    ['lines of a block string', `{ a(b: """${'\n'.repeat(100)}""") }`, 'length'],
    ['a long comment', `{ a } #${'x'.repeat(3_200)}`, 'length'],
    ['a long name', `{ ${'x'.repeat(3_200)} }`, 'length'],
    ['a long document of short tokens', `{ ${'a '.repeat(5_000)}}`, 'tokens'],
    ['many lines of many tokens', `{ ${'a a a\n'.repeat(5_000)}}`, 'tokens'],
  ])('%s', (_name, source, limit) => {
    const { extensions, message } = errorOf(() => reader().parse(source))
    expect({ limit: extensions.limit, message }).toMatchObject({
      limit,
      message: expect.stringMatching(/^Syntax Error: /),
    })
  })

  it('up to as many lines as tokens, and 32 characters for each', () => {
    const { parse } = reader()
    expect(parse(`{ a }${'\n'.repeat(99)}`).kind).toBe('Document')
    expect(parse(`{ a }${'\r\n'.repeat(99)}`).kind).toBe('Document')
    expect(parse(`{ a }#${'x'.repeat(3_200 - 6)}`).kind).toBe('Document')
  })
})
