import { useEffect } from 'react'
import { followKeys } from './key-stream.ts'

const name = 'latchkey-keys'

/**
 * Calls `onChange` soon after keys of the person have changed. One tab of the browser has the stream and
 * tells the others; when it is closed, another one takes over.
 */
export function useLiveKeys(onChange: () => void): void {
  useEffect(() => {
    const stop = new AbortController()
    const tabs = new BroadcastChannel(name)
    let timer: ReturnType<typeof setTimeout> | undefined

    // Several changes at once, such as those of descendants, are one.
    function changed() {
      clearTimeout(timer)
      timer = setTimeout(onChange, 250)
    }
    tabs.addEventListener('message', changed)

    function lead() {
      return followKeys(() => {
        tabs.postMessage(null)
        changed()
      }, stop.signal)
    }
    if (isSecureContext) {
      navigator.locks.request(name, { signal: stop.signal }, lead).catch(() => {
        // The person left the list before this tab had the stream.
      })
    } else void lead()
    return () => {
      stop.abort()
      tabs.close()
      clearTimeout(timer)
    }
  }, [onChange])
}
