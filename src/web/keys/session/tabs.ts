/** Connects the tabs of this browser. A message means that a person has signed in or out. */
export const tabs = new BroadcastChannel('latchkey-session')

export const notifyOtherTabs = () => tabs.postMessage(null)
