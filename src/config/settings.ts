import type * as z from 'zod'
import type { Fault } from './faults.ts'
import { type Misspelling, misspellings } from './misspelt.ts'
import { fileVariableOf, readSecretFile } from './secret-file.ts'
import type { Definition } from './variables/definition.ts'
import { type Topic, topics, type Variables } from './variables.ts'

type Variable = keyof Variables

/** The parsed value of every variable; `undefined` where it is unset and has no default. */
export type Settings = {
  readonly [V in Variable]:
    | (Variables[V] extends { readonly read: infer R extends z.ZodType } ? z.output<R> : never)
    | (Variables[V] extends { readonly default: string } ? never : undefined)
}

/** The text of each variable that is set. */
export type GivenVariables = { readonly [V in Variable]?: string }

export interface VariableDescription {
  readonly topic: Topic
  readonly variable: Variable
  readonly meaning: string
  /** The description of the default. */
  readonly default: string
}

/** Describes all variables, for `--help` and the documentation. The texts are Markdown. */
export function describeConfig(): readonly VariableDescription[] {
  return allTopics.flatMap(([topic, definitions]) =>
    entriesOf(definitions).map(([variable, { meaning, unset, default: value, file }]) => ({
      topic,
      variable,
      meaning:
        file !== undefined
          ? `${meaning} \`${fileVariableOf(variable)}\` may name a file with this value instead.`
          : meaning,
      default: unset ?? value ?? 'none',
    })),
  )
}

/**
 * Returns the variables of this server that `environment` sets, trimmed. Secrets may come from files; one
 * whose file is faulty adds a fault and counts as set, with an empty text.
 */
export function pickVariables(
  environment: Readonly<Record<string, string | undefined>>,
  faults: Fault[] = [],
): GivenVariables {
  const given: { [V in Variable]?: string } = {}
  for (const [variable, { file }] of allDefinitions) {
    const text = environment[variable]?.trim()
    const isSet = text !== undefined && (text !== '' || meaningfulWhenEmpty.has(variable))
    const rules = { isSet, isMultiline: file === 'text' }
    const secret = file && readSecretFile(variable, rules, environment, faults)
    if (secret !== undefined) given[variable] = secret
    else if (isSet) given[variable] = text
  }
  return given
}

/** Finds variables in `environment` with misspelt names, which would have no effect. */
export function misspeltVariables(
  environment: Readonly<Record<string, string | undefined>>,
  given: GivenVariables,
): readonly Misspelling[] {
  const variables = new Map<string, Variable>(
    allDefinitions.flatMap(([variable, { file }]) => [
      [variable, variable],
      ...(file !== undefined ? [[fileVariableOf(variable), variable] as const] : []),
    ]),
  )
  return misspellings(environment, [...variables.keys()], {
    isUnset: (name) => given[variables.get(name) as Variable] === undefined,
    isValue: (name, text) => text !== '' || meaningfulWhenEmpty.has(name),
  })
}

/** An empty value of these variables is not the same as an unset variable, which would allow more. */
const meaningfulWhenEmpty: ReadonlySet<string> = new Set(['DEFAULT_USER_SCOPES', 'KEY_PEPPER'])

/**
 * Parses every variable by itself. A faulty one adds a fault and gets the value of an unset one.
 *
 * @param faults those of {@link pickVariables}, to which further ones are added
 */
export function readVariables(given: GivenVariables, faults: Fault[]): Settings {
  const settings = allDefinitions.map(([variable, definition]) => {
    const unset =
      definition.default === undefined ? undefined : definition.read.parse(definition.default)
    const text = given[variable]
    const hasFileFault = faults.some((fault) => fault.variable === fileVariableOf(variable))
    if (text === undefined || hasFileFault) return [variable, unset]
    const result = definition.read.safeParse(text)
    if (result.success) return [variable, result.data]
    faults.push(...result.error.issues.map(({ message }) => ({ variable, message })))
    return [variable, unset]
  })
  return Object.fromEntries(settings) as Settings
}

const allTopics = Object.entries(topics) as [Topic, object][]
const allDefinitions = allTopics.flatMap(([, definitions]) => entriesOf(definitions))

function entriesOf(definitions: object): [Variable, Definition][] {
  return Object.entries(definitions) as [Variable, Definition][]
}
