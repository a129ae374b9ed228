import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { documentOf, screenPaths } from '../../src/web/page-screens.ts'

const folder = new URL('../../dist/web/keys/', import.meta.url)
const assets = readdirSync(new URL('assets/', folder))
const read = (name: string) => readFileSync(new URL(`assets/${name}`, folder), 'utf8')
const documents = readdirSync(new URL('documents/', folder)).map((name) => ({
  name,
  html: readFileSync(new URL(`documents/${name}`, folder), 'utf8'),
}))

describe('the built keys page', () => {
  it.each(documents)('loads at most 120 KB of compressed script at first ($name)', ({ html }) => {
    const first = [...html.matchAll(/"\.\/assets\/([^"]+\.js)"/g)].map(([, name = '']) => name)
    expect(first.length).toBeGreaterThan(3)
    expect(first.some((name) => name.startsWith('start-'))).toBe(true)
    const bytes = first.map((name) => statSync(new URL(`assets/${name}.br`, folder)).size)
    expect(bytes.reduce((sum, length) => sum + length, 0)).toBeLessThan(120 * 1024)
  })

  it.each(Object.keys(screenPaths))(
    'shows the frame of a screen before any script runs (%s)',
    (screen) => {
      const [english, german] = ['en', 'de'].map((language) => {
        const html = documents.find(({ name }) => name === `${screen}.${language}.html`)?.html ?? ''
        expect(html).toContain(`<html lang="${language}">`)
        expect(html).toMatch(/<div class="frame" data-sessions="\{sessions\}" inert><header/)
        return /<h1[^>]*>([^<]+)<\/h1><p class="lead">([^<]+)</.exec(html)?.slice(1)
      })
      expect(english).toHaveLength(2)
      expect(german).toHaveLength(2)
      expect(german).not.toEqual(english)
    },
  )

  it.each([
    ['', 'list'],
    ['/', 'list'],
    ['/new', 'new'],
    ['/4fQ1Zs0bKx8TtYv2', 'key'],
    ['/admin/audit', 'admin-audit'],
    ['/admin/users/7', 'other'],
    ['/sign-in', 'other'],
  ])('has a document for the path %j', (path, name) => {
    expect(documentOf(path)).toBe(name)
    expect(documents.map((document) => document.name)).toContain(`${name}.en.html`)
  })

  it('contains no GraphQL.js', () => {
    for (const name of assets) expect(read(name)).not.toMatch(/GraphQLSchema|Cannot use GraphQL/)
  })

  it('has a hash in the name of each file, and no file of another origin', () => {
    for (const name of assets) expect(name).toMatch(/-[\w-]{8}\.(js|css)(\.br)?$/)
    for (const { html } of documents) {
      expect(html).not.toMatch(/(src|href)="(?!\.\/assets\/|\{base\}\/|data:,|#content")/)
    }
    for (const name of assets.filter((name) => name.endsWith('.css'))) {
      expect(read(name)).not.toMatch(/url\(|@import/)
    }
  })

  it.each(documents)('has no script and no style that its policy forbids ($name)', ({ html }) => {
    for (const [, attributes = '', content] of html.matchAll(/<script([^>]*)>([^<]*)</g)) {
      if (!attributes.includes('application/json')) expect(content).toBe('')
    }
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/)
    expect(html).toContain('<base href="{base}/">')
    expect(html).toContain('<meta property="csp-nonce" nonce="{nonce}">')
    const filled = html.replace(/\{(base|nonce|configuration|sessions|title)\}/g, '')
    expect(filled).not.toMatch(/[{}]/)
  })
})
