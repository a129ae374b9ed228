import { describe, expect, it } from 'vitest'
import { operationParts } from '../../src/web/keys/create/document-parts.ts'

const lines = (text: string) => text.split('\n')

describe('a document with several operations', () => {
  it('is split into operations with their fragments, each on its line', () => {
    const document = [
      '# query Comment { a }',
      'query A($in: Input = {text: "}{"}) { users { ...User } }',
      'fragment User on User { id ...Name }',
      'mutation B { touch(text: """ } """) { id } }',
      'fragment Name on User { name }',
      '{ viewer { subject } }',
    ].join('\n')
    const [a, b, unnamed] = operationParts(document)
    expect(a?.name).toBe('A')
    expect(lines(a?.document ?? '')).toEqual([
      ...lines(document).slice(0, 3),
      '',
      'fragment Name on User { name }',
      '',
    ])
    expect(b?.name).toBe('B')
    expect(lines(b?.document ?? '').map((line) => line.trim())).toEqual([
      '',
      '',
      '',
      'mutation B { touch(text: """ } """) { id } }',
      '',
      '',
    ])
    expect(unnamed?.name).toBeNull()
    expect(unnamed?.document.trim()).toBe('{ viewer { subject } }')
  })

  it('is left whole if there is one operation, or none, or if brackets do not match', () => {
    for (const document of ['', '{ a }', 'fragment A on B { c }', '} query A {', 'query A { b ']) {
      expect(operationParts(document)).toEqual([{ name: null, document }])
    }
    const named = 'query A { ...B }\nfragment B on C { d }'
    expect(operationParts(named)).toEqual([{ name: 'A', document: named }])
  })

  it('ends with fragments that need each other', () => {
    const document =
      'query A { ...B } fragment B on C { ...D } fragment D on C { ...B } query E { f }'
    expect(operationParts(document)[0]?.document).toBe(
      'query A { ...B } fragment B on C { ...D } fragment D on C { ...B }',
    )
  })
})
