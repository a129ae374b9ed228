import { Download, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useClient } from 'urql'
import { Button } from '../kit/button.tsx'
import { failureText } from '../kit/states.tsx'
import { toast } from '../kit/toasts.tsx'
import { m } from '../messages/current.ts'
import { type AuditFilter, exportEvents } from './export-events.ts'

/** Exports the events that meet a filter, shows how many it has, and can be cancelled. */
export function ExportButton({ filter }: { readonly filter: AuditFilter }) {
  const client = useClient()
  const [count, setCount] = useState<number | null>(null)
  const abort = useRef<AbortController>(null)
  const hasExported = abort.current !== null
  useEffect(() => () => abort.current?.abort(), [])

  async function save() {
    const controller = new AbortController()
    abort.current = controller
    setCount(0)
    const { signal } = controller
    const result = await exportEvents(client, { filter, signal, onProgress: setCount })
    setCount(null)
    if (typeof result === 'number') toast(m.admin.exported(result))
    else if (result !== null) toast(failureText(result), { isFault: true })
    else toast(m.admin.exportCancelled)
  }

  return count === null ? (
    <Button autoFocus={hasExported} icon={<Download aria-hidden />} onPress={() => void save()}>
      {m.admin.export}
    </Button>
  ) : (
    <div className="export-progress">
      <span role="status" className="muted numbers">
        {m.admin.exporting(count)}
      </span>
      <Button autoFocus icon={<X aria-hidden />} onPress={() => abort.current?.abort()}>
        {m.admin.cancelExport}
      </Button>
    </div>
  )
}
