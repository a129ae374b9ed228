import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface CodeBlock {
  /** Such as `README.md:83`. */
  readonly place: string
  readonly language: string
  /** What a comment before the block says, such as `example yoga.mjs`. */
  readonly marker: string
  readonly code: string
}

/** Blocks of the documents that ship with the package, in the languages that a reader runs. */
export function codeBlocks(languages: readonly string[]): readonly CodeBlock[] {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  const documents = ['README.md', ...pages.map((name) => `docs/${name}`)]
  return documents.flatMap((file) =>
    blocksOf(file).filter(({ language }) => languages.includes(language)),
  )
}

function blocksOf(file: string): CodeBlock[] {
  if (!file.endsWith('.md')) return []
  const text = readFileSync(join(root, file), 'utf8')
  const block = /(?:<!-- (.+?) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm
  return [...text.matchAll(block)].map(
    ({ 1: marker = '', 2: language = '', 3: code = '', index }) => ({
      place: `${file === 'README.md' ? file : basename(file)}:${text.slice(0, index).split('\n').length}`,
      language,
      marker,
      code,
    }),
  )
}
