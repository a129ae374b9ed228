import { Ban, X } from 'lucide-react'
import { Button, IconButton } from '../kit/button.tsx'
import { m } from '../messages/current.ts'

/** Stays in view while keys are selected. */
export function SelectionBar(props: {
  readonly count: number
  readonly onClear: () => void
  readonly onRevoke: () => void
}) {
  return (
    <section className="selection-bar" aria-label={m.list.selection}>
      <span className="numbers" role="status">
        {m.list.selected(props.count)}
      </span>
      <Button look="danger" size="small" icon={<Ban aria-hidden />} onPress={props.onRevoke}>
        {m.list.revoke}
      </Button>
      <IconButton
        label={m.list.clearSelection}
        size="small"
        icon={<X aria-hidden />}
        onPress={props.onClear}
      />
    </section>
  )
}
