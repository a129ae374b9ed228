const advice: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'Another program uses this port: stop it, or choose another port with PORT or --port.',
  EACCES: 'This account may not use this port: choose one from 1024 on with PORT or --port.',
  EADDRNOTAVAIL: 'This machine does not have this address: change HOST.',
}

/** Returns what to do if the server cannot listen at its address; `null`: it is another error. */
export function listenFault(error: unknown): string | null {
  const { code = '', syscall, message } = error as NodeJS.ErrnoException
  const sentence = syscall === 'listen' ? advice[code] : undefined
  return sentence === undefined ? null : `${sentence} (${message})`
}
