let channel: BroadcastChannel | undefined

/** Connects the tabs of this browser. A message means that a person has signed in or out. */
export function tabs(): BroadcastChannel {
  channel ??= new BroadcastChannel('latchkey-session')
  return channel
}

export const notifyOtherTabs = () => tabs().postMessage(null)
