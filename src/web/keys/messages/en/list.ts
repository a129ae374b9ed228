export const list = {
  title: 'API keys',
  lead: 'Keys let your programs call the API as you, with the scopes that you choose.',
  create: 'New key',
}
