import { describe, expect, it } from 'vitest'
import { createDocumentParser } from '../../src/yoga/document-parser.ts'

const padded = (length: number, name = 'a') =>
  `{ ${name} } # ${'x'.repeat(length - name.length - 7)}`

describe('a document', () => {
  it('is parsed once for the same text', () => {
    const parse = createDocumentParser(100)
    expect(parse('{ a }')).toBe(parse('{ a }'))
    expect(parse('{ a }')).not.toBe(parse('{ b }'))
  })

  it('that is long is parsed each time', () => {
    const parse = createDocumentParser(100)
    expect(parse(padded(50_000))).toBe(parse(padded(50_000)))
    expect(parse(padded(50_001))).not.toBe(parse(padded(50_001)))
  })

  it('is forgotten for others, which are remembered up to five million characters', () => {
    const parse = createDocumentParser(100)
    const first = parse(padded(50_000, 'a0'))
    for (let n = 1; n < 100; n++) parse(padded(50_000, `a${n}`))
    expect(parse(padded(50_000, 'a0'))).toBe(first)
    for (let n = 100; n < 200; n++) parse(padded(50_000, `a${n}`))
    expect(parse(padded(50_000, 'a0'))).not.toBe(first)
  })

  it.each(['', '{', '{ a b c }'])('that is refused is refused each time: %j', (text) => {
    const parse = createDocumentParser(4)
    expect(() => parse(text)).toThrow('Syntax Error')
    expect(() => parse(text)).toThrow('Syntax Error')
  })
})
