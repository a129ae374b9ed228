import { readdirSync } from 'node:fs'
import { readDocument, root } from './documents.ts'

type Json = Readonly<Record<string, unknown>>

/** A token that a page describes as refused. */
export interface RefusedToken {
  readonly fault: string
  /** The token itself; `null`: it is the token of the page with the following differences. */
  readonly token: string | null
  readonly header: Json
  readonly claims: Json
  readonly missing: readonly string[]
  /** `refused` in the log. */
  readonly refused: string
  /** `jwt.claim` in the log; `null`: the log names no claim. */
  readonly claim: string | null
}

/** What a page about a provider of JWTs says. */
export interface IssuerPage {
  readonly name: string
  /** The values of `JWT_ISSUERS`; the token is accepted with each of them. */
  readonly configurations: readonly string[]
  readonly header: Json & { readonly alg: string; readonly kid: string }
  readonly claims: Json & { readonly iss: string; readonly sub: string; readonly iat: number }
  /** The scopes of the command that sets the grant, without which the principal has no scope; `null`: none. */
  readonly grant: readonly string[] | null
  readonly scopes: readonly string[]
  /** The end of the explanation of the token. */
  readonly explanation: string
  readonly faults: readonly RefusedToken[]
}

const headings = ['At Latchkey', 'The access token', 'Scopes', 'Check a token', 'Common faults']

export const issuerPages: readonly IssuerPage[] = readdirSync(`${root}docs/issuers`)
  .filter((file) => file.endsWith('.md'))
  .map((file) => readPage(file.replace('.md', '')))

/**
 * Returns the variables of Latchkey in an example in YAML: lines such as `NAME: value` after the service `latchkey`,
 * or `- { name: NAME, value: value }`, and `JWT_ISSUERS` as a block that ends with `}]`.
 */
export function environmentOf(example: string): Record<string, string> {
  const text =
    readDocument(`docs/examples/issuers/${example}`)
      .split(/^ {2}latchkey:$/m)
      .at(-1) ?? ''
  const lines = text.matchAll(
    /^ +([A-Z_]+): (?!>)(.+)$|\{ name: ([A-Z_]+), value: "?([^"}]+?)"? \}/gm,
  )
  const variables = [...lines].map(([, plain, first, name = plain, second = first]) => [
    name,
    second,
  ])
  const [, issuers] = />-\n(\s*\[\{[\s\S]*?\}\])/.exec(text) ?? []
  return Object.fromEntries([...variables, ['JWT_ISSUERS', issuers]])
}

function readPage(name: string): IssuerPage {
  const sections = new Map(
    readDocument(`docs/issuers/${name}.md`)
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section] as const),
  )
  const titles = [...sections.keys()].slice(1, 1 + headings.length)
  if (titles.join() !== headings.join()) throw new Error(`${name}.md has the sections ${titles}`)
  const [latchkey = '', token = '', scopes = '', check = '', faults = ''] = headings.map((title) =>
    sections.get(title),
  )
  const [header, claims] = blocks('json', token).map((text) => JSON.parse(text))
  const sentence = /principal\s+of\s+this\s+token\s+has\s+the\s+scopes\s+([^.]+)/.exec(scopes)?.[1]
  return {
    name,
    configurations: blocks('json', latchkey),
    header,
    claims,
    grant: /users grant \S+ --scopes ([\w:,]+)/.exec(scopes)?.[1]?.split(',') ?? null,
    scopes: quoted(sentence ?? '').sort(),
    explanation: blocks('text', check)[0] ?? '',
    faults: faults
      .split('\n')
      .filter((line) => /^\| (?!fault)[^-]/.test(line))
      .map(readFault),
  }
}

function readFault(row: string): RefusedToken {
  const [fault = '', difference = '', refused = '', claim = ''] = row
    .slice(1)
    .split('|')
    .map((cell) => cell.trim())
  const [, changes = '', without = ''] = /^(.*?)(?:without (.*))?$/.exec(difference) ?? []
  const [text = ''] = quoted(changes)
  const isToken = changes.startsWith('token ')
  const json = (isHere: boolean) => (isHere && text !== '' ? JSON.parse(text) : {})
  const isHeader = changes.startsWith('header ')
  return {
    fault,
    token: isToken ? text : null,
    header: json(isHeader),
    claims: json(!isHeader && !isToken),
    missing: quoted(without),
    refused: quoted(refused)[0] ?? '',
    claim: quoted(claim)[0] ?? null,
  }
}

function blocks(language: string, section: string): string[] {
  return [...section.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  )
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word)
}
