/**
 * The schema for the documents of the keys page: the types that gql.tada derives variables and data from, and
 * the check that the documents are valid.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { filesBelow } from './sources.js'

const page = 'src/web/keys'
const target = `${page}/graphql/introspection.d.ts`

/** Writes the types. Does nothing if they were written from the same schema. */
export async function writeIntrospection(root) {
  const sdl = readSdl(root)
  const header = `// Generated from schema.graphql ${createHash('sha256').update(sdl).digest('hex')}\n`
  const file = join(root, target)
  if (readOrEmpty(file).startsWith(header)) return
  const { minifyIntrospection, outputIntrospectionFile } = await import('@gql.tada/internal')
  const { introspectionFromSchema } = await import('graphql')
  const introspection = introspectionFromSchema(await buildSchema(sdl), { descriptions: false })
  const types = outputIntrospectionFile(minifyIntrospection(introspection), {
    fileType: '.d.ts',
    shouldPreprocess: true,
  })
  writeFileSync(file, header + onlyTypes(types))
}

/** Fails if a document of the page is not valid against the schema. */
export async function checkDocuments(root) {
  const { parse, specifiedRules, validate } = await import('graphql')
  const text = filesBelow(root, page)
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => documentsIn(readFileSync(join(root, file), 'utf8')))
    .join('\n')
  const rules = specifiedRules.filter(({ name }) => name !== 'NoUnusedFragmentsRule')
  const errors = validate(await buildSchema(readSdl(root)), parse(text), rules)
  if (errors.length > 0) throw new Error(`Documents of the keys page:\n${errors.join('\n')}`)
}

function documentsIn(source) {
  return [...source.matchAll(/\bgraphql\(\s*`([^`]*)`/g)].map(([, document]) => document)
}

/** Leaves out the link to Federation, whose directive the schema does not define. */
async function buildSchema(sdl) {
  const { buildASTSchema, Kind, parse } = await import('graphql')
  const { kind, definitions } = parse(sdl)
  return buildASTSchema({
    kind,
    definitions: definitions.filter((definition) => definition.kind !== Kind.SCHEMA_EXTENSION),
  })
}

function onlyTypes(text) {
  const types = text.slice(0, text.indexOf('import * as gqlTada'))
  return `${types.replace(/\/\*[\s\S]*?\*\//g, '').trim()}\n`
}

function readSdl(root) {
  return readFileSync(join(root, 'schema.graphql'), 'utf8')
}

function readOrEmpty(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
