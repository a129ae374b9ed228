import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { documents, proseOf, readDocument, root } from './documents.ts'

interface Link {
  readonly target: string
  readonly anchor: string | undefined
}

/** Links to other files and to headings, images included. */
function linksOf(document: string): readonly Link[] {
  return [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return []
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? document : normalize(join(dirname(document), path))
    return [{ target, anchor }]
  })
}

/** Anchors as GitHub and npm make them of headings. */
function anchorsOf(document: string): readonly string[] {
  const seen = new Map<string, number>()
  return [...proseOf(document).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-')
    const before = seen.get(anchor) ?? 0
    seen.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
}

const { files } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { files: string[] }
const shipped = ['README.md', 'LICENSE', 'package.json', ...files]
const isShipped = (path: string) =>
  shipped.some((entry) => path === entry || path.startsWith(`${entry}/`))

describe.each(documents)('%s', (document) => {
  const links = linksOf(document)

  it('links to files that the package has', () => {
    expect(links.map(({ target }) => target).filter((path) => !isShipped(path))).toEqual([])
    expect(links.map(({ target }) => target).filter((path) => !existsSync(root + path))).toEqual([])
  })

  it('links to headings that exist', () => {
    const missing = links.filter(
      ({ target, anchor }) => anchor !== undefined && !anchorsOf(target).includes(anchor),
    )
    expect(missing).toEqual([])
  })

  it('names files of the repository that exist', () => {
    const named = [...proseOf(document).matchAll(/`((?:src|test|drizzle|\.build)\/[\w./-]+)`/g)]
    const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(root + path))
    expect(missing).toEqual([])
  })
})

it('the README, and the pages on issuers and on embedding, link to every page', () => {
  const targets = ['README.md', 'docs/issuers.md', 'docs/embedding.md'].flatMap((document) =>
    linksOf(document).map(({ target }) => target),
  )
  expect(
    documents.filter((document) => document !== 'README.md' && !targets.includes(document)),
  ).toEqual([])
})

it('the documents are not empty', () => {
  for (const document of documents) expect(readDocument(document).length).toBeGreaterThan(500)
})
