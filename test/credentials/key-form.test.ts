import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generateKey, generateSecret, keyStart, parseKey } from '../../src/credentials/key-form.ts'
import { isKeyId } from '../../src/keys/key-id.ts'

const characters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_'
const prefixes = fc.stringMatching(/^[a-z][a-z0-9]{0,15}$/)

describe('the form of an API key', () => {
  it('is the prefix, a 16-character id, a 43-character secret and a 6-character checksum', () => {
    expect(generateKey('lk').key).toMatch(/^lk_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/)
  })

  it('can be selected by a double click: only letters, digits and underscores', () => {
    fc.assert(fc.property(prefixes, (prefix) => /^\w+$/.test(generateKey(prefix).key)))
  })

  it('is parsed to the parts that it was made of', () => {
    fc.assert(
      fc.property(prefixes, (prefix) => {
        const { key, id, secret } = generateKey(prefix)
        expect(parseKey(key, prefix)).toEqual({ id, secret })
      }),
    )
  })

  it('is refused when any single character differs', () => {
    fc.assert(
      fc.property(
        fc.nat(70),
        fc.constantFrom(...characters),
        fc.constant(generateKey('lk').key),
        (position, character, key) => {
          const at = position % key.length
          fc.pre(key.charAt(at) !== character)
          expect(parseKey(key.slice(0, at) + character + key.slice(at + 1), 'lk')).toBeNull()
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('is refused with two characters swapped, truncated or extended', () => {
    const { key } = generateKey('lk')
    for (let i = 0; i < key.length; i++) {
      const swapped = key.slice(0, i) + (key[i + 1] ?? '') + key.charAt(i) + key.slice(i + 2)
      if (swapped !== key) expect(parseKey(swapped, 'lk')).toBeNull()
      expect(parseKey(key.slice(0, i), 'lk')).toBeNull()
    }
    for (const other of [`${key}a`, ` ${key}`, `${key}\n`, `${key}_`]) {
      expect(parseKey(other, 'lk')).toBeNull()
    }
  })

  it('is refused with another prefix, also one with the same beginning', () => {
    const { key } = generateKey('lk')
    expect(parseKey(key, 'l')).toBeNull()
    expect(parseKey(key, 'lk2')).toBeNull()
    expect(parseKey(generateKey('lk2').key, 'lk')).toBeNull()
  })

  it('is not found in other texts', () => {
    fc.assert(fc.property(fc.string(), (text) => parseKey(text, 'lk') === null))
  })

  it('keeps the id when only the secret is new', () => {
    const first = generateKey('lk')
    const second = generateSecret('lk', first.id)
    expect(second.id).toBe(first.id)
    expect(second.secret).not.toBe(first.secret)
    expect(parseKey(second.key, 'lk')).toEqual({ id: first.id, secret: second.secret })
  })

  it('has a public start without any part of the secret', () => {
    const { id } = generateKey('lk')
    expect(keyStart('lk', id)).toBe(`lk_${id}`)
    expect(isKeyId(id)).toBe(true)
    expect(isKeyId(`${id}0`)).toBe(false)
  })

  it('uses all characters of base62 in ids and secrets', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 300; i++) {
      const { id, secret } = generateKey('lk')
      for (const character of id + secret) seen.add(character)
    }
    expect(seen.size).toBe(62)
  })
})

describe('the random parts of a key', () => {
  const made = Array.from({ length: 4000 }, () => generateKey('lk'))
  const inOrder = characters.slice(0, 62)

  it('never repeat', () => {
    expect(new Set(made.map(({ id }) => id)).size).toBe(made.length)
    expect(new Set(made.map(({ secret }) => secret)).size).toBe(made.length)
  })

  it('have all 62 characters equally often, at each position of an id', () => {
    const counts = new Map([...inOrder].map((character) => [character, 0]))
    for (const { id } of made) {
      for (const character of id) counts.set(character, (counts.get(character) ?? 0) + 1)
    }
    expect(counts.size).toBe(62)
    const expected = (made.length * 16) / 62
    // Seven standard deviations: by chance, once in many millions of runs.
    const tolerance = 7 * Math.sqrt(expected)
    for (const count of counts.values()) {
      expect(Math.abs(count - expected)).toBeLessThan(tolerance)
    }
  })

  it('have 256 bits in a secret', () => {
    const values = made.map(({ secret }) =>
      [...secret].reduce((sum, character) => sum * 62n + BigInt(inOrder.indexOf(character)), 0n),
    )
    for (let bit = 0n; bit < 256n; bit++) {
      const set = values.filter((value) => (value >> bit) & 1n).length
      expect(Math.abs(set - made.length / 2)).toBeLessThan(3.5 * Math.sqrt(made.length))
    }
    for (const value of values) expect(value >> 256n).toBe(0n)
  })
})

describe('a text with a valid checksum that is not a key', () => {
  const checked = (body: string) => {
    let rest = crc32(body)
    let checksum = ''
    for (let i = 0; i < 6; i++) {
      checksum = characters.charAt(rest % 62) + checksum
      rest = Math.floor(rest / 62)
    }
    return body + checksum
  }
  const id = 'A'.repeat(16)

  it('can be made by this test', () => {
    const secret = 'B'.repeat(43)
    expect(parseKey(checked(`lk_${id}_${secret}`), 'lk')).toEqual({ id, secret })
  })

  it.each([
    ['for a longer secret', `lk_${id}_${'B'.repeat(44)}`],
    ['for a shorter secret', `lk_${id}_${'B'.repeat(42)}`],
    ['for a longer id', `lk_${id}A_${'B'.repeat(43)}`],
    ['for another character', `lk_${id}_${'B'.repeat(42)}-`],
    ['for another prefix', `lkx_${id}_${'B'.repeat(43)}`],
    ['for a prefix before it', `xlk_${id}_${'B'.repeat(43)}`],
    ['for a line break', `lk_${id}_${'B'.repeat(43)}\n`],
  ])('is refused %s', (_name, body) => {
    expect(parseKey(checked(body), 'lk')).toBeNull()
  })
})
