import type { TimeUnit } from '../time-unit.ts'

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

export const common = {
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
      expired: 'The sign-in took too long, or the browser did not keep its cookie. Try again.',
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
    /** By input field, or by operation and input field. */
    inputs: {
      name: () => 'A name has 1 to 100 characters on one line, all of them visible.',
      'createUser.name': () =>
        'A name has at most 200 characters on one line, all of them visible.',
      description: () => 'A description has at most 500 characters, all of them visible.',
      metadata: () =>
        'Metadata has at most 4096 bytes and 8 levels, and no characters that cannot be stored.',
      expiresAt: ({ maxLifetimeDays }: { readonly maxLifetimeDays: number | null }) =>
        maxLifetimeDays === null
          ? 'Choose a day in the future, before the year 9999.'
          : `Choose a day within the next ${maxLifetimeDays} days.`,
      scopes: () => 'The scopes of the key or of this server have changed. Load the page again.',
      addScopes: () => 'Some of these scopes cannot be added to a key. Load the page again.',
      reason: () => 'A reason has at most 500 characters, all of them visible.',
      search: () => 'This text is too long to search for.',
      subject: () => 'A subject has 1 to 255 visible characters, with spaces only between them.',
      email: () => 'This is not an e-mail address.',
      issuer: () => 'This server does not trust this issuer.',
    },
    /** By operation. */
    conflicts: {
      createApiKey: ({ maxPerUser }: { readonly maxPerUser: number }) =>
        `You have as many active keys as this server allows: ${maxPerUser}. Revoke one first.`,
      updateApiKey: () =>
        'The key has changed in the meantime, or its old secret still works. Load the page again.',
      rotateApiKey: () => 'The key has changed in the meantime. Load the page again.',
      expirePreviousSecret: () =>
        'The key was revoked or has expired, so none of its secrets works.',
      createUser: () => 'This user exists already.',
      deleteUser: () => 'The user has active keys that this dialog does not show.',
    },
    /** By code. Where there is none, the words of the server are shown, which are English already. */
    codes: {} as Readonly<
      Record<
        string,
        (refusal: { readonly message: string; readonly missingScopes: readonly string[] }) => string
      >
    >,
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
