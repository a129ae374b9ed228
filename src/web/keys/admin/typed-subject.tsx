import { TypedName } from '../kit/confirmation.tsx'
import { m } from '../messages/current.ts'

/** Asks to type the subject of a user, before keys that are in use stop for good. */
export function TypedSubject(props: {
  readonly subject: string
  readonly typed: string
  readonly onType: (typed: string) => void
}) {
  const { subject, ...field } = props
  return (
    <TypedName label={m.admin.typeSubject} hint={m.admin.keysInUse} name={subject} {...field} />
  )
}
