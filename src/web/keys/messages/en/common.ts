import type { TimeUnit } from '../time-unit.ts'

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

export const common = {
  product: 'Latchkey',
  skipToContent: 'Skip to content',
  loading: 'Loading…',
  cancel: 'Cancel',
  save: 'Save',
  back: 'Back',
  copy: 'Copy',
  copied: 'Copied',
  copiedAnnouncement: (what: string) => `${what} copied`,
  notCopied: 'The browser did not allow copying. Select the text and copy it yourself.',
  optional: 'optional',
  dismiss: 'Dismiss',
  notices: 'Notices',
  retry: 'Try again',
  notFound: {
    title: 'This page does not exist',
    text: 'The address may be mistyped, or the link is old.',
    action: 'Go to your keys',
  },

  navigation: {
    label: 'Main',
    keys: 'Keys',
    sessions: 'Sessions',
    administration: 'Administration',
  },
  account: {
    label: (name: string) => `Account of ${name}`,
    signedInAs: 'Signed in as',
    signOut: 'Sign out',
    signOutFailed: 'You are still signed in: the server could not be reached.',
  },
  theme: {
    label: 'Theme',
    system: 'System',
    light: 'Light',
    dark: 'Dark',
  },

  signIn: {
    title: 'Sign in',
    lead: 'Create, rotate and revoke the API keys of your programs.',
    action: 'Sign in',
    errors: {
      denied: 'You did not allow the sign-in, or the issuer refused it.',
      expired: 'The sign-in took too long. Try again.',
      refused: 'The server does not accept this account. Ask its operator.',
      unavailable: 'The issuer cannot be reached at the moment. Try again later.',
      failed: 'The sign-in failed. Try again.',
    } as Record<string, string>,
    continueAs: 'Continue as',
    developmentNote: 'Development only. No password is needed, and any name works.',
    anotherName: 'Another name',
    anotherNameHint: 'A new name creates a new user.',
    continue: 'Continue',
    people: { ada: 'all scopes', grace: 'reads users, manages her own keys' } as Record<
      string,
      string
    >,
    missingTitle: 'Sign-in is not set up yet',
    missingText: 'The operator of this server needs to set these variables and start it again:',
    variables: {
      OIDC_CLIENT_ID: 'The id of this server as a client of your issuer.',
      OIDC_CLIENT_SECRET: 'The secret of the client, if it has one.',
      PUBLIC_URL: 'The https URL of this server, as browsers see it.',
      SESSION_KEYS: 'A secret of 32 bytes or more that encrypts sessions.',
    },
    endedTitle: 'You are signed out',
    endedText: 'Your session has ended. Sign in again to continue where you were.',
    endedAction: 'Sign in again',
  },

  failure: {
    networkTitle: 'No connection',
    network: 'The server could not be reached. Check your connection.',
    signedOutTitle: 'You are signed out',
    signedOut: 'Your session has ended. Sign in again.',
    rateLimitedTitle: 'Too many requests',
    rateLimited: (seconds: number) =>
      seconds > 0
        ? `The server asks you to wait. You can try again in ${seconds} s.`
        : 'You can try again now.',
    unavailableTitle: 'The server is not available',
    unavailable: 'It cannot answer at the moment. Nothing was changed.',
    old: 'The server does not answer at the moment, so this may be out of date. The page keeps trying.',
    refusedTitle: 'The server refused this',
    refused: 'The server refused this.',
    /** The words of the server are English already. */
    codes: {} as Readonly<Record<string, (message: string) => string>>,
    crashedTitle: 'The page has a fault',
    crashed: 'Load it again. If that does not help, tell the operator of this server.',
    reload: 'Load again',
  },

  status: {
    ACTIVE: 'Active',
    EXPIRED: 'Expired',
    REVOKED: 'Revoked',
    expiresSoon: 'Expires soon',
    rotating: 'Rotating',
  },

  time: {
    never: 'Never',
    now: 'just now',
    past: (count: number, unit: TimeUnit) => `${count} ${unit}${count === 1 ? '' : 's'} ago`,
    future: (count: number, unit: TimeUnit) => `in ${count} ${unit}${count === 1 ? '' : 's'}`,
    /** `month` from 0. */
    date: (day: number, month: number, year: number) => `${day} ${months[month]} ${year}`,
    from: (address: string) => `from ${address}`,
    by: (program: string) => `by ${program}`,
    fromBy: (address: string, program: string) => `from ${address} by ${program}`,
  },
}
