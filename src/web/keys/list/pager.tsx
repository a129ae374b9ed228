import { ChevronLeft, ChevronRight } from 'lucide-react'
import { Button } from '../kit/button.tsx'
import { m } from '../messages/current.ts'
import type { ListState } from './list-state.ts'

export function Pager(props: {
  readonly total: number
  /** Says how many items there are. Default: keys. */
  readonly count?: (total: number) => string
  readonly page: {
    readonly startCursor: string | null
    readonly endCursor: string | null
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
  }
  readonly onChange: (change: Partial<ListState>) => void
}) {
  const { total, count = m.list.count, page, onChange } = props
  return (
    <nav className="pager" aria-label={m.list.pages}>
      <span className="muted numbers">{count(total)}</span>
      {(page.hasPreviousPage || page.hasNextPage) && (
        <>
          <Button
            size="small"
            icon={<ChevronLeft aria-hidden />}
            isDisabled={!page.hasPreviousPage}
            onPress={() => onChange({ before: page.startCursor })}
          >
            {m.list.previous}
          </Button>
          <Button
            size="small"
            icon={<ChevronRight aria-hidden />}
            isDisabled={!page.hasNextPage}
            onPress={() => onChange({ after: page.endCursor })}
          >
            {m.list.next}
          </Button>
        </>
      )}
    </nav>
  )
}
