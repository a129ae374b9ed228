import type { ReactNode, RefObject } from 'react'
import { Menu, MenuItem, Popover } from 'react-aria-components'
import type { MenuAction } from './menu.tsx'

export default function MenuPopover(props: {
  readonly trigger: RefObject<HTMLButtonElement | null>
  readonly label: string
  readonly actions: readonly MenuAction[]
  readonly header: ReactNode
  readonly onClose: () => void
}) {
  const { trigger, label, actions, header, onClose } = props
  const chosen = actions.filter(({ isChosen }) => isChosen === true).map(({ id }) => id)
  const isChoice = actions.some(({ isChosen }) => isChosen !== undefined)
  return (
    <Popover
      isOpen
      triggerRef={trigger}
      onOpenChange={(open) => !open && onClose()}
      className="popover"
      aria-label={label}
      placement="bottom end"
      trigger="MenuTrigger"
    >
      {header !== undefined && <div className="menu-head">{header}</div>}
      <Menu
        className="menu"
        aria-label={label}
        autoFocus="first"
        onClose={onClose}
        disabledKeys={actions.filter(({ isDisabled }) => isDisabled === true).map(({ id }) => id)}
        {...(isChoice && { selectionMode: 'single' as const, selectedKeys: chosen })}
      >
        {actions.map((action) => (
          <MenuItem
            key={action.id}
            id={action.id}
            className={action.danger === true ? 'menu-item danger' : 'menu-item'}
            textValue={action.label}
            onAction={action.onAction}
          >
            {action.icon}
            {action.label}
          </MenuItem>
        ))}
      </Menu>
    </Popover>
  )
}
