import { ArrowLeft } from 'lucide-react'
import { type ReactNode, useEffect, useRef } from 'react'
import { Link } from 'wouter'
import { configuration } from '../configuration.ts'
import { EmptyState, type EmptyStateProps } from '../kit/states.tsx'

/** One screen: its heading, what can be done there, and its content. */
export function Page(props: {
  readonly title: string
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  /** The screen above this one. */
  readonly up?: { readonly href: string; readonly label: string }
  readonly narrow?: boolean
  readonly children: ReactNode
}) {
  const { title, lead, actions, up, narrow = false, children } = props
  const heading = useRef<HTMLHeadingElement>(null)

  useDocumentTitle(title)
  useEffect(() => {
    // After a change of the screen, a screen reader goes on at its heading, unless a field has taken the focus.
    const hasFocus = heading.current?.closest('.page')?.contains(document.activeElement)
    if (hasNavigated() && hasFocus !== true) heading.current?.focus()
  }, [])

  return (
    <div className="page" data-narrow={narrow}>
      {up !== undefined && (
        <Link href={up.href} className="up">
          <ArrowLeft aria-hidden />
          {up.label}
        </Link>
      )}
      <div className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead !== undefined && <p className="lead">{lead}</p>}
        </div>
        {actions !== undefined && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </div>
  )
}

/** A screen that only says something, such as that an address leads nowhere. */
export function EmptyPage(props: EmptyStateProps) {
  useDocumentTitle(props.title)
  return <EmptyState {...props} isScreen />
}

function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${configuration.title}`
  }, [title])
}

let screens = 0
function hasNavigated(): boolean {
  screens++
  return screens > 1
}
