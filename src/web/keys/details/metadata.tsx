import { visibleText } from '../kit/visible.ts'
import { m } from '../messages/current.ts'
import { Panel } from './panel.tsx'

export function Metadata({ metadata }: { readonly metadata: Record<string, unknown> }) {
  return (
    <Panel title={m.details.metadata}>
      {Object.keys(metadata).length === 0 ? (
        <p className="panel-body muted">{m.details.noMetadata}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled with the keyboard
        <pre className="metadata" tabIndex={0}>
          {visibleText(JSON.stringify(metadata, null, 2))}
        </pre>
      )}
    </Panel>
  )
}
