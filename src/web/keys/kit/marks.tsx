/** The product's mark: a keyhole. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" className="logo-plate" />
      <path
        className="logo-hole"
        d="M16 7.5a5.25 5.25 0 0 0-2.9 9.63l-1.36 6.1a1 1 0 0 0 .98 1.22h6.56a1 1 0 0 0 .98-1.22l-1.36-6.1A5.25 5.25 0 0 0 16 7.5Z"
      />
    </svg>
  )
}

export function CheckMark({ state }: { readonly state: 'none' | 'some' | 'all' }) {
  return (
    <span className="check-mark" data-state={state} aria-hidden="true">
      <svg viewBox="0 0 16 16" focusable="false" aria-hidden="true">
        {state === 'all' && <path d="m3.5 8.5 3 3 6-7" />}
        {state === 'some' && <path d="M4 8h8" />}
      </svg>
    </span>
  )
}
