/** How long stopping may take before the process is ended anyway. Milliseconds. */
const patience = 9_500

/**
 * Resolves when the process is asked to stop. Asking again changes nothing: npm and the terminal both
 * pass on one Ctrl-C.
 */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      resolve()
      setTimeout(() => process.exit(1), patience).unref()
    }
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)
  })
}
