import { m } from '../messages/current.ts'
import { announce, toast } from './toasts.tsx'

/** Copies a text and announces it. `what` names it. Returns whether the browser allowed it. */
export async function copyText(text: string, what: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    toast(m.notCopied, { isFault: true })
    return false
  }
  announce(m.copiedAnnouncement(what))
  return true
}
