import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  getLocation,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  Source,
  visit,
} from 'graphql'
import { pluckGraphql } from './pluck.ts'

/** An operation together with the fragments that it uses, from any of the files. */
export interface Operation {
  /** The type and name of the operation, such as `query Users`. */
  readonly name: string
  readonly file: string
  readonly line: number
  readonly document: DocumentNode
}

/** A fault in the sources, as `file:line:column: message`. */
export type SourceFault = string

export interface Sources {
  readonly operations: readonly Operation[]
  readonly faults: readonly SourceFault[]
}

interface Definitions {
  readonly operations: OperationDefinitionNode[]
  readonly fragments: Map<string, FragmentDefinitionNode[]>
  readonly faults: SourceFault[]
}

/** Reads every operation in `files` (absolute or relative to `folder`), in the order of files and lines. */
export async function readOperations(files: readonly string[], folder: string): Promise<Sources> {
  const found: Definitions = { operations: [], fragments: new Map(), faults: [] }
  for (const file of files) {
    const text = await readFile(resolve(folder, file), 'utf8')
    try {
      for (const graphql of textsIn(text, file)) collect(parse(new Source(graphql, file)), found)
    } catch (error) {
      found.faults.push(faultOf(error, file))
    }
  }
  const { faults } = found
  return { operations: found.operations.map((node) => withFragments(node, found)), faults }
}

function textsIn(text: string, file: string): readonly string[] {
  return /\.(graphql|gql)$/.test(file) ? [text].filter(hasDefinitions) : pluckGraphql(text, file)
}

/** A file with comments only is allowed, though GraphQL's grammar requires a definition. */
function hasDefinitions(text: string): boolean {
  return text.replace(/#.*/g, '').trim() !== ''
}

/** Collects operations and fragments. Other definitions, such as types, are ignored. */
function collect({ definitions }: DocumentNode, found: Definitions): void {
  for (const node of definitions) {
    if (node.kind === Kind.OPERATION_DEFINITION) found.operations.push(node)
    if (node.kind !== Kind.FRAGMENT_DEFINITION) continue
    const same = found.fragments.get(node.name.value)
    if (same === undefined) found.fragments.set(node.name.value, [node])
    else same.push(node)
  }
}

function withFragments(operation: OperationDefinitionNode, found: Definitions): Operation {
  const needed = new Map<string, FragmentDefinitionNode>()
  const pending: (OperationDefinitionNode | FragmentDefinitionNode)[] = [operation]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const name of spreadsIn(node)) {
      const fragment = needed.has(name) ? undefined : nearest(name, node, found)
      if (fragment === undefined) continue
      needed.set(name, fragment)
      pending.push(fragment)
    }
  }
  const { file, line } = locationOf(operation)
  return {
    name: `${operation.operation} ${operation.name?.value ?? '(without a name)'}`,
    file,
    line,
    document: { kind: Kind.DOCUMENT, definitions: [operation, ...needed.values()] },
  }
}

/** Finds the fragment of that name in the same file, otherwise in any file. */
function nearest(
  name: string,
  from: OperationDefinitionNode | FragmentDefinitionNode,
  { fragments, faults }: Definitions,
): FragmentDefinitionNode | undefined {
  const all = fragments.get(name) ?? []
  const { file, line, column } = locationOf(from)
  const here = all.filter((fragment) => locationOf(fragment).file === file)
  const candidates = here.length > 0 ? here : all
  if (new Set(candidates.map(print)).size > 1) {
    const locations = candidates
      .map(locationOf)
      .map((location) => `${location.file}:${location.line}`)
    faults.push(
      `${file}:${line}:${column}: Fragment "${name}" is defined differently in ${locations.join(' and ')}.`,
    )
  }
  return candidates[0]
}

function spreadsIn(node: OperationDefinitionNode | FragmentDefinitionNode): ReadonlySet<string> {
  const names = new Set<string>()
  visit(node, { FragmentSpread: ({ name }) => void names.add(name.value) })
  return names
}

function locationOf({ loc }: OperationDefinitionNode | FragmentDefinitionNode) {
  const location = loc ? getLocation(loc.source, loc.start) : { line: 0, column: 0 }
  return { file: loc?.source.name ?? '', ...location }
}

export function faultOf(error: unknown, file: string): SourceFault {
  if (error instanceof GraphQLError) {
    const { line = 0, column = 0 } = error.locations?.[0] ?? {}
    return `${error.source?.name ?? file}:${line}:${column}: ${error.message}`
  }
  const { loc, message } = error as { loc?: { line: number; column: number }; message: string }
  if (loc === undefined) throw error
  return `${file}:${loc.line}:${loc.column + 1}: ${message}`
}
