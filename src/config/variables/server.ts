import * as z from 'zod'
import { baseUrl, hostName, oneOf, origins, proxies, wholeNumber } from '../readers.ts'
import type { Definition } from './definition.ts'

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export const serverVariables = {
  NODE_ENV: {
    meaning:
      '`production` requires DATABASE_URL and a JWT issuer, and turns off every development feature. Any other value: self-run where an issuer is configured, else development.',
    unset: 'not `production`',
    read: z.string().refine((mode) => mode === 'production' || !/^prod(uction)?$/i.test(mode), {
      error: 'must be exactly `production` for production',
    }),
  },
  HOST: {
    meaning: 'The address to listen on. In development it must be a loopback address.',
    default: '127.0.0.1',
    read: hostName,
  },
  PORT: {
    meaning: 'The port to listen on; `0`: any free port.',
    default: '4000',
    read: wholeNumber(0, 65_535),
  },
  PUBLIC_URL: {
    meaning:
      'The URL under which clients and backends reach this server. It is the issuer (`iss`) of identity tokens.',
    unset: '`http://HOST:PORT`, with a loopback address where HOST is `0.0.0.0` or `::`',
    read: baseUrl,
  },
  TRUSTED_PROXIES: {
    meaning:
      'The proxies whose `X-Forwarded-For` is trusted: IP addresses and CIDR ranges, separated by commas.',
    default: '',
    unset: 'none',
    read: proxies,
  },
  CORS_ORIGINS: {
    meaning:
      'The origins whose pages may call this server from a browser: exact origins such as `https://app.example.com`, separated by commas. Wildcards are not allowed. Such a page may call `/graphql` and `/schema.graphql`, and send any header, but no cookie.',
    default: '',
    unset: 'none',
    read: origins,
  },
  KEEP_ALIVE_SECONDS: {
    meaning:
      'How long an idle connection is kept open, in seconds. Behind a proxy, it must be longer than the proxy keeps its idle connections (nginx: 60 seconds).',
    default: '65',
    read: wholeNumber(1, 3_600),
  },
  SHUTDOWN_DELAY_SECONDS: {
    meaning:
      'How long new connections are still served after SIGTERM, in seconds, while `/readyz` answers 503: the time for a load balancer to notice.',
    default: '0',
    read: wholeNumber(0, 3_600),
  },
  LOG_LEVEL: {
    meaning: `The least severe level that is logged: ${logLevels.map((level) => `\`${level}\``).join(', ')}.`,
    default: 'info',
    read: oneOf(logLevels),
  },
} as const satisfies Record<string, Definition>
