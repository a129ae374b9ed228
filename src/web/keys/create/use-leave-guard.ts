import { useEffect } from 'react'
import { basePath } from '../configuration.ts'

/**
 * Holds the person back. A link inside the page and the way back call `onLeave` with the path below the page
 * that they lead to. For other ways out, the browser asks.
 */
export function useLeaveGuard(onLeave: (path: string) => void): void {
  useEffect(() => {
    // The way back then leads to the same address, and the page stays as it is.
    history.pushState(history.state, '')

    function onClick(event: MouseEvent) {
      const link = event.target instanceof Element ? event.target.closest('a') : null
      if (link === null || link.origin !== location.origin || link.hash !== '') return
      const { ctrlKey, metaKey, shiftKey, button } = event
      if (ctrlKey || metaKey || shiftKey || button !== 0 || link.target === '_blank') return
      event.preventDefault()
      event.stopPropagation()
      onLeave((link.pathname.slice(basePath.length) || '/') + link.search)
    }
    function onBack() {
      history.pushState(history.state, '')
      onLeave('/')
    }
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault()

    document.addEventListener('click', onClick, true)
    addEventListener('popstate', onBack)
    addEventListener('beforeunload', onUnload)
    return () => {
      document.removeEventListener('click', onClick, true)
      removeEventListener('popstate', onBack)
      removeEventListener('beforeunload', onUnload)
    }
  }, [onLeave])
}
