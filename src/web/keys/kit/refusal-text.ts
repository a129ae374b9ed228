import type { PageSettings } from '../../page-configuration.ts'
import type { Failure } from '../graphql/failure.ts'
import { m } from '../messages/current.ts'

type Limits = Pick<PageSettings, 'maxLifetimeDays' | 'maxPerUser'>
type Texts<Argument> = Readonly<Record<string, (argument: Argument) => string>>

/**
 * Returns the words for a refusal: those for the input field or the operation; else those for the code; else those
 * of the server, which are English.
 */
export function refusalText(failure: Failure, limits: Limits): string {
  const { code, field, operationField, message } = failure
  const { inputs, conflicts, codes } = m.failure
  const specific =
    code === 'BAD_USER_INPUT'
      ? (find<Limits>(inputs, `${operationField}.${field}`) ?? find<Limits>(inputs, field))
      : code === 'CONFLICT'
        ? find<Limits>(conflicts, operationField)
        : undefined
  if (specific !== undefined) return specific(limits)
  const general = find<Failure>(codes, code)
  if (general !== undefined) return general(failure)
  return message === '' ? m.failure.refused : message
}

function find<Argument>(texts: Texts<Argument>, name: string | null) {
  return name !== null && Object.hasOwn(texts, name) ? texts[name] : undefined
}
