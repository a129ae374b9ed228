import type { ReactNode } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { m } from '../messages/current.ts'
import { Button } from './button.tsx'

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

/** A large dialog with fields, whose last button acts on what the person has entered. */
export function FormDialog(props: {
  readonly title: string
  /** The words on the button that acts. */
  readonly action: string
  readonly isPending?: boolean
  /** Whether there is nothing to act on yet. */
  readonly isDisabled?: boolean
  readonly onAction: () => void
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const { title, action, isPending = false, isDisabled = false, onAction, onClose } = props
  return (
    <Dialog
      title={title}
      size="large"
      onClose={onClose}
      actions={
        <>
          <Button onPress={onClose}>{m.cancel}</Button>
          <Button look="primary" isPending={isPending} isDisabled={isDisabled} onPress={onAction}>
            {action}
          </Button>
        </>
      }
    >
      {props.children}
    </Dialog>
  )
}

/**
 * A question before something that cannot be undone. The focus is on the button that does nothing. While the
 * action is pending, the question stays.
 */
export function Question(props: {
  readonly title: string
  /** The words on the button that acts. */
  readonly action: string
  /** The words on the other button. Default: Cancel. */
  readonly cancel?: string
  readonly isPending?: boolean
  /** Whether the action waits for something that the person has to enter. */
  readonly isDisabled?: boolean
  readonly onAction: () => void
  readonly onClose: () => void
  readonly children: ReactNode
}) {
  const { title, action, cancel = m.cancel, isPending = false, isDisabled = false } = props
  const { onAction, onClose, children } = props
  return (
    <Dialog
      role="alertdialog"
      title={title}
      stays={isPending}
      onClose={onClose}
      actions={
        <>
          <Button autoFocus isDisabled={isPending} onPress={onClose}>
            {cancel}
          </Button>
          <Button look="danger" isPending={isPending} isDisabled={isDisabled} onPress={onAction}>
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  )
}
