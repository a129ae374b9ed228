import { type ReactNode, useId } from 'react'

/** A titled part of a screen. */
export function Panel(props: {
  readonly title: string
  readonly lead?: string
  readonly action?: ReactNode
  readonly children: ReactNode
}) {
  const { title, lead, action, children } = props
  const id = useId()
  return (
    <section className="card panel" aria-labelledby={id}>
      <header className="panel-head">
        <div>
          <h2 id={id}>{title}</h2>
          {lead !== undefined && <p className="muted">{lead}</p>}
        </div>
        {action}
      </header>
      {children}
    </section>
  )
}
