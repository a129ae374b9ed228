import { ConfigError, describeConfig, loadConfig } from '../../src/config.ts'

/** A sentence for a topic, with the page that explains it. */
const furtherReading: Readonly<Record<string, string>> = {
  'Mode, address and log':
    '[operations.md](operations.md#starting-and-stopping) explains how nodes start and stop without losing a request.',
  Database:
    '[operations.md](operations.md) explains connection strings, poolers, roles and migrations.',
  'Issuers of JWTs':
    '[issuers.md](issuers.md) explains the settings of an issuer and the presets for providers.',
  'Reading credentials':
    '[credentials.md](credentials.md) explains where a request may carry a credential.',
  'API keys':
    '[keys.md](keys.md) explains API keys, and [operations.md](operations.md#peppers) peppers.',
  'Scopes and the schema':
    '[scopes.md](scopes.md) explains scopes and grants. `SCOPES_FILE` holds an object such as `{"read:orders": "Read orders."}`.',
  'Revocation and outages':
    '[keys.md](keys.md#how-fast-a-change-takes-effect) explains the bound, and [operations.md](operations.md#failover) outages.',
  'Identity tokens': '[backends.md](backends.md#identity-token) explains identity tokens.',
  'Keys page': '[keys-page.md](keys-page.md) explains the sign-in and its sessions.',
  'Limits on operations': '[limits.md](limits.md) explains what each limit counts.',
}

const introduction = `# Configuration

\`latchkey serve\` and the other commands read their configuration from environment variables. The server checks all of them
at the start. It reports every fault at once and ends with exit code 78. \`latchkey serve --help\` prints the same list.

A variable that is set to nothing counts as unset. There are two exceptions, because unset allows more than was meant:
\`DEFAULT_USER_SCOPES=\` grants no scope, and \`KEY_PEPPER=\` is a fault.

Each secret may come from a file, as Docker, Kubernetes and systemd provide secrets: \`KEY_PEPPER_FILE=/run/secrets/pepper\`
names a file whose only line is the value. \`JWT_ISSUERS_FILE\` works alike, with any number of lines. It is a fault if the
variable is set too, or if the file is missing, empty or not UTF-8 text.

A variable whose name is one typing error away from one of these is a fault if that one is unset, such as \`DATABSE_URL\`.

This page is generated from the code.

## Modes

| mode | condition | behaviour |
|---|---|---|
| development | no issuer is configured, and \`NODE_ENV\` is not \`production\` | The server has its own issuer, which mints a JWT for any caller on this machine (\`POST /dev/issuer/token\`, \`npx latchkey token\`). It creates the users \`ada\` (all scopes), \`grace\` and \`linus\` (suspended), serves GraphiQL, and listens on a loopback address only. |
| self-run | an issuer is configured, and \`NODE_ENV\` is not \`production\` | The server has no development issuer and no sample users. Without \`DATABASE_URL\` it runs the embedded PostgreSQL. |
| production | \`NODE_ENV=production\` | \`DATABASE_URL\` and an issuer are required. The server refuses every credential of a user of a development issuer. |`

/** Text of docs/configuration.md. */
export function configurationPage(): string {
  const rows = describeConfig()
  const topics = [...new Set(rows.map(({ topic }) => topic))]
  const sections = topics.map((name) => {
    const lines = rows
      .filter(({ topic }) => topic === name)
      .map(
        ({ variable, meaning, default: value }) =>
          `| \`${variable}\` | ${meaning} | ${value} | ${acceptedValues(variable)} |`,
      )
    const reading = furtherReading[name]
    return [
      `## ${name}`,
      ['| variable | meaning | default | accepted |', '|---|---|---|---|', ...lines].join('\n'),
      ...(reading === undefined ? [] : [reading]),
    ].join('\n\n')
  })
  return `${[introduction, ...sections].join('\n\n')}\n`
}

/** The range or choice that the fault of an impossible value names; empty where any text may be right. */
function acceptedValues(variable: string): string {
  const message = faultOf(variable, '?') ?? ''
  const [, accepted = ''] =
    /^must be ((?:a whole number from|one of|true or false).*)$/.exec(message) ?? []
  return accepted.replace(/^a whole number from (\d+) to (\d+)$/, '$1 to $2')
}

function faultOf(variable: string, value: string): string | undefined {
  try {
    loadConfig({ [variable]: value })
    return undefined
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.find((fault) => fault.variable === variable)?.message
  }
}
