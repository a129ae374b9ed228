import { IncomingMessage } from 'node:http'

/**
 * A request of our own server, which may be left unread.
 *
 * Once a request that nobody read is answered, Node reads it to its end (`_dump`): it lets the stream
 * flow, which for one without a body brings two turns and two events for nobody, and takes as long as a
 * tenth of a small answer. What came whole and empty needs none of it. Should Node do this by another
 * name one day, it reads each again.
 */
export class OwnRequest extends IncomingMessage {
  /** Set by who answers it without looking at its body, and listens to no event of it. */
  isLeftUnread = false
  /** Whether there was nothing to read. */
  isSpared = false

  _dump(): void {
    if (this.isLeftUnread && this.complete && this.readableLength === 0) this.isSpared = true
    else dump.call(this)
  }
}

const { _dump: dump } = IncomingMessage.prototype as unknown as { _dump: () => void }

/** Node lets go of a request that is at its end, and would otherwise keep it until the next on its connection. */
Object.defineProperty(OwnRequest.prototype, 'readableEnded', {
  get(this: OwnRequest) {
    return this.isSpared || Reflect.get(IncomingMessage.prototype, 'readableEnded', this)
  },
})
