import { readdirSync, readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'

const folder = new URL('../../dist/web/keys/', import.meta.url)
const html = readFileSync(new URL('index.html', folder), 'utf8')
const assets = readdirSync(new URL('assets/', folder))
const read = (name: string) => readFileSync(new URL(`assets/${name}`, folder), 'utf8')

describe('the built keys page', () => {
  it('loads at most 120 KB of compressed script at first', () => {
    const first = [...html.matchAll(/"\.\/assets\/([^"]+\.js)"/g)].map(([, name = '']) => name)
    expect(first.length).toBeGreaterThan(1)
    const bytes = first.map((name) => brotliCompressSync(read(name)).length)
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThan(120 * 1024)
  })

  it('contains no GraphQL.js', () => {
    for (const name of assets) expect(read(name)).not.toMatch(/GraphQLSchema|Cannot use GraphQL/)
  })

  it('has a hash in the name of each file, and no file of another origin', () => {
    for (const name of assets) expect(name).toMatch(/-[\w-]{8}\.(js|css)(\.br)?$/)
    expect(html).not.toMatch(/(src|href)="(?!\.\/assets\/|\{base\}\/"|data:,)/)
    for (const name of assets.filter((name) => name.endsWith('.css'))) {
      expect(read(name)).not.toMatch(/url\(|@import/)
    }
  })

  it('runs no script inside the document', () => {
    for (const [, attributes = '', content] of html.matchAll(/<script([^>]*)>([^<]*)</g)) {
      if (!attributes.includes('application/json')) expect(content).toBe('')
    }
    expect(html).toContain('<base href="{base}/">')
    expect(html).toContain('<meta property="csp-nonce" nonce="{nonce}">')
  })
})
