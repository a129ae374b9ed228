import type { AriaAttributes, MouseEvent, ReactNode, Ref } from 'react'
import { Link } from 'wouter'
import { m } from '../messages/current.ts'
import { Tip } from './tip.tsx'

export type ButtonLook = 'primary' | 'secondary' | 'ghost' | 'danger'

interface Look {
  readonly look?: ButtonLook
  readonly size?: 'small' | 'medium'
  readonly icon?: ReactNode
}

export interface ButtonProps extends Look, AriaAttributes {
  readonly type?: 'button' | 'submit'
  readonly isDisabled?: boolean
  /** Shows a spinner. A press does nothing meanwhile, and the focus stays. */
  readonly isPending?: boolean
  readonly autoFocus?: boolean
  readonly onPress?: () => void
  readonly ref?: Ref<HTMLButtonElement>
  readonly children: ReactNode
}

function classOf(look: ButtonLook, size: 'small' | 'medium'): string {
  return `button button-${look} button-${size}`
}

/**
 * Focuses a clicked button where the browser does not: Safari, and Firefox on macOS. A dialog gives the focus back
 * to what had it before. Enter in a field clicks the button of its form too, but the focus stays in the field.
 */
function focusClicked({ currentTarget: button, detail }: MouseEvent<HTMLButtonElement>): void {
  const isByPointer = detail > 0
  if (isByPointer && document.activeElement !== button) button.focus({ preventScroll: true })
}

export function Button(props: ButtonProps & { readonly className?: string }) {
  const { look = 'secondary', size = 'medium', icon, children, className = '' } = props
  const { type = 'button', isDisabled, isPending = false, autoFocus, onPress, ref, ...rest } = props
  const { look: _look, size: _size, icon: _icon, children: _children, className: _, ...aria } = rest
  return (
    <button
      {...aria}
      ref={ref}
      type={isPending ? 'button' : type}
      disabled={isDisabled}
      // biome-ignore lint/a11y/noAutofocus: dialogs choose the button that is focused first
      autoFocus={autoFocus}
      aria-busy={isPending || undefined}
      className={`${classOf(look, size)} ${className}`}
      onClick={(event) => {
        focusClicked(event)
        if (!isPending) onPress?.()
      }}
    >
      {isPending ? <Spinner /> : icon}
      {children != null && <span>{children}</span>}
    </button>
  )
}

/** A link that looks like a button. Links to other sites and to the sign-in leave the page. */
export function ButtonLink(
  props: Look & { readonly href: string; readonly leaves?: boolean; readonly children: ReactNode },
) {
  const { href, look = 'secondary', size = 'medium', icon, leaves = false, children } = props
  const content = (
    <>
      {icon}
      <span>{children}</span>
    </>
  )
  return leaves ? (
    <a href={href} className={classOf(look, size)}>
      {content}
    </a>
  ) : (
    <Link href={href} className={classOf(look, size)}>
      {content}
    </Link>
  )
}

/** A button with an icon alone. `label` names it for screen readers and on hover. */
export function IconButton(props: Omit<ButtonProps, 'children'> & { readonly label: string }) {
  const { label, look = 'ghost', ...rest } = props
  return (
    <Tip text={label}>
      <Button {...rest} look={look} aria-label={label} className="button-icon">
        {null}
      </Button>
    </Tip>
  )
}

function Spinner() {
  return <span className="spinner" role="img" aria-label={m.loading} />
}
