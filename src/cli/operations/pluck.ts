import { type ParserPlugin, parse } from '@babel/parser'

const tags = new Set(['gql', 'graphql'])

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly leadingComments?: readonly { readonly value: string }[] | null
}

interface TemplateLiteral extends Node {
  readonly quasis: readonly (Node & { readonly value: { readonly raw: string; cooked?: string } })[]
}

/**
 * Extracts the GraphQL from TypeScript or JavaScript: template literals that are tagged with `gql` or
 * `graphql`, are the argument of a function of that name, or follow a comment `GraphQL`. Blanks before each
 * text keep its lines and columns as in the file.
 *
 * @throws SyntaxError of the parser, with `loc`
 */
export function pluckGraphql(code: string, file: string): readonly string[] {
  if (!/gql|graphql/i.test(code)) return []
  const { program } = parse(code, {
    sourceType: 'unambiguous',
    errorRecovery: true,
    allowReturnOutsideFunction: true,
    plugins: pluginsFor(file),
  })
  const found = new Set<TemplateLiteral>()
  const pending: unknown[] = [program]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Array.isArray(next)) {
      pending.push(...next)
    } else if (isNode(next)) {
      const template = graphqlIn(next)
      if (template !== null) found.add(template)
      pending.push(...Object.values(next).filter((value) => typeof value === 'object'))
    }
  }
  return [...found].sort((a, b) => a.start - b.start).map((template) => textOf(template, code))
}

function pluginsFor(file: string): ParserPlugin[] {
  if (/\.[mc]?ts$/.test(file)) return ['typescript', 'decorators']
  if (file.endsWith('.tsx')) return ['typescript', 'jsx', 'decorators']
  return ['jsx', 'flow', 'decorators']
}

function graphqlIn(node: Node): TemplateLiteral | null {
  if (node.type === 'TaggedTemplateExpression') {
    const { tag, quasi } = node as Node & { tag: unknown; quasi: unknown }
    return isTag(tag) && isTemplate(quasi) ? quasi : null
  }
  if (node.type === 'CallExpression') {
    const { callee, arguments: given } = node as Node & { callee: unknown; arguments: unknown[] }
    return isTag(callee) && isTemplate(given[0]) ? given[0] : null
  }
  const commented = node.leadingComments?.some(({ value }) => value.trim() === 'GraphQL')
  return commented && isTemplate(node) ? node : null
}

/** Returns the text of the template, with blanks for the code before it and for its expressions. */
function textOf({ quasis }: TemplateLiteral, code: string): string {
  let text = ''
  let end = 0
  for (const quasi of quasis) {
    text += blankedOut(code.slice(end, quasi.start)) + (quasi.value.cooked ?? quasi.value.raw)
    end = quasi.end
  }
  return text
}

function blankedOut(code: string): string {
  return code.replace(/[^\n]/g, ' ')
}

function isTag(node: unknown): boolean {
  return (
    isNode(node) && node.type === 'Identifier' && tags.has((node as { name?: string }).name ?? '')
  )
}

function isTemplate(node: unknown): node is TemplateLiteral {
  return isNode(node) && node.type === 'TemplateLiteral'
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
