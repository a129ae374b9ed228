import { lazy, type ReactNode, Suspense, useRef, useState } from 'react'
import { Button, type ButtonProps, IconButton } from './button.tsx'

const MenuPopover = lazy(() => import('./menu-popover.tsx'))

export interface MenuAction {
  readonly id: string
  readonly label: string
  readonly icon?: ReactNode
  readonly danger?: boolean
  readonly isDisabled?: boolean
  /** Whether this is the chosen one, in a menu of choices. */
  readonly isChosen?: boolean
  readonly onAction: () => void
}

/** A button that opens a menu of actions. The menu is loaded when it is first opened. */
export function Menu(
  props: Pick<ButtonProps, 'look' | 'size' | 'icon'> & {
    readonly label: string
    /** The content of the button. Default: the icon alone. */
    readonly children?: ReactNode
    readonly className?: string
    readonly actions: readonly MenuAction[]
    readonly header?: ReactNode
  },
) {
  const { label, actions, header, children, className, ...look } = props
  const [isOpen, setOpen] = useState(false)
  const trigger = useRef<HTMLButtonElement>(null)
  const button = {
    ...look,
    ref: trigger,
    'aria-haspopup': 'menu',
    'aria-expanded': isOpen,
    onPress: () => setOpen(true),
  } as const
  return (
    <>
      {children === undefined ? (
        <IconButton {...button} label={label} />
      ) : (
        <Button {...button} aria-label={label} className={className}>
          {children}
        </Button>
      )}
      {isOpen && (
        <Suspense>
          <MenuPopover
            trigger={trigger}
            label={label}
            actions={actions}
            header={header}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  )
}
