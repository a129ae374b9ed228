import { type ReactNode, useRef } from 'react'

/**
 * Shows a text above its content on hover and on keyboard focus. The text adds nothing that a screen reader
 * does not get otherwise: it is hidden from it. `text`: if it is dear to make, a function that makes it.
 */
export function Tip(props: {
  readonly text: string | (() => string)
  readonly children: ReactNode
}) {
  const { text, children } = props
  const anchor = useRef<HTMLSpanElement>(null)
  const bubble = useRef<HTMLSpanElement>(null)

  function show() {
    const tip = bubble.current
    if (tip === null || anchor.current === null || text === '') return
    if (typeof text === 'function') tip.textContent = text()
    tip.showPopover()
    const place = anchor.current.getBoundingClientRect()
    const { width, height } = tip.getBoundingClientRect()
    const left = place.left + place.width / 2 - width / 2
    const fits = place.top > height + 12
    tip.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`
    tip.style.top = `${fits ? place.top - height - 6 : place.bottom + 6}px`
  }
  const hide = () => bubble.current?.hidePopover()

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the content inside is what the person uses
    <span
      ref={anchor}
      className="tip-anchor"
      onPointerEnter={(event) => event.pointerType === 'mouse' && show()}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => event.target.matches(':focus-visible') && show()}
      onBlur={hide}
      onKeyDown={(event) => event.key === 'Escape' && hide()}
    >
      {children}
      <span ref={bubble} className="tip" popover="manual" aria-hidden="true">
        {typeof text === 'string' && text}
      </span>
    </span>
  )
}
