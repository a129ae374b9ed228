import type { ReactNode } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'

/**
 * A dialog over the page. Escape and a click outside close it, unless `stays` is set. `alertdialog` is for a
 * question that interrupts; its first button, Cancel, should have `autoFocus`.
 */
export function Dialog(props: {
  readonly title: string
  readonly role?: 'dialog' | 'alertdialog'
  readonly size?: 'small' | 'large'
  readonly stays?: boolean
  readonly onClose: () => void
  /** The buttons, the one that acts last. */
  readonly actions: ReactNode
  readonly children: ReactNode
}) {
  const {
    title,
    role = 'dialog',
    size = 'small',
    stays = false,
    onClose,
    actions,
    children,
  } = props
  return (
    <ModalOverlay
      isOpen
      isDismissable={!stays && role === 'dialog'}
      isKeyboardDismissDisabled={stays}
      onOpenChange={(open) => !open && onClose()}
      className="overlay"
    >
      <Modal className={`modal modal-${size}`}>
        <AriaDialog role={role} className="dialog">
          <Heading slot="title" level={2} className="dialog-title">
            {title}
          </Heading>
          <div className="dialog-body">{children}</div>
          <div className="dialog-actions">{actions}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
