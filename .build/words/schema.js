import { Kind, parse, visit } from 'graphql'
import { blank } from './text.js'

/**
 * Returns the descriptions of a schema, and the definitions that lack one. Directives, and the types that
 * Apollo Federation prescribes, need none.
 */
export function readSchema(text) {
  const prose = []
  const undescribed = []
  for (const definition of parse(text).definitions) {
    const needed = needsDescription(definition)
    for (const { coordinate, node } of namedNodes(definition)) {
      if (node.description)
        prose.push({ coordinate, ...readDescription(text, node.description.loc) })
      else if (needed) undescribed.push({ coordinate, start: node.loc.start })
    }
  }
  return { prose, undescribed }
}

function needsDescription({ kind, name }) {
  const extension = /Extension$/.test(kind) || kind === Kind.SCHEMA_DEFINITION
  return !extension && kind !== Kind.DIRECTIVE_DEFINITION && !name.value.startsWith('federation__')
}

/** Returns a definition and all that it defines: fields, arguments, values. */
function namedNodes(definition) {
  const nodes = []
  const path = []
  const isDefinition = (node) => /Definition$/.test(node.kind) && node.name !== undefined
  visit(definition, {
    enter(node) {
      if (!isDefinition(node)) return
      path.push(node.name.value)
      nodes.push({ coordinate: path.join('.'), node })
    },
    leave(node) {
      if (isDefinition(node)) path.pop()
    },
  })
  return nodes
}

function readDescription(text, { start, end }) {
  const prose = blank(text.slice(start, end), /^"+|"+$/g)
  return { kind: 'description', text: prose, start }
}
