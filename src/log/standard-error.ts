import { pino } from 'pino'

export interface Output {
  write(text: string): void
}

/** The number of characters from which lines do not wait for the end of the turn. */
const maxWaiting = 16 * 1024

/**
 * Returns an output to standard error that writes the lines of one turn of the event loop together, because a
 * system call for each line takes longer than the line. All that is left is written when the process exits.
 */
export function standardError(): Output {
  opened ??= open()
  return opened
}

/** One for the process, so that its lines stay in order. */
let opened: Output | undefined

function open(): Output {
  const stream = pino.destination({ dest: 2, sync: true })
  let waiting = ''
  let isExiting = false
  function flush(): void {
    if (waiting === '') return
    const lines = waiting
    waiting = ''
    stream.write(lines)
  }
  process.on('exit', () => {
    isExiting = true
    flush()
  })
  return {
    write(text) {
      if (waiting === '') setImmediate(flush)
      waiting += text
      if (isExiting || waiting.length >= maxWaiting) flush()
    },
  }
}
