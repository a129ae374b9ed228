import './styles/main.css'

/** Resolves after the first paint; at once if the page is not visible. */
function painted(): Promise<void> {
  if (document.hidden) return Promise.resolve()
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
}

/** Shows what the document has to say when a script cannot be loaded. */
function showFault(): void {
  document.querySelector('.frame')?.remove()
  const fault = document.getElementById('fault')
  if (fault === null) return
  fault.hidden = false
  fault.querySelector('button')?.addEventListener('click', () => location.reload())
}

/**
 * The frame of the screen is painted before the scripts of the page take the processor, and the page may answer
 * between them.
 */
async function load(): Promise<void> {
  await painted()
  await import('react-dom/client')
  await new Promise((resolve) => setTimeout(resolve))
  const { start } = await import('./start.tsx')
  await start()
}

load().catch(showFault)
