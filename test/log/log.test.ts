import { describe, expect, test } from 'vitest'
import { generateKey } from '../../src/credentials/key-form.ts'
import { createLogger, type LoggerOptions } from '../../src/log.ts'

const secret = 'canarySecretcanarySecretcanarySecretcanarySec7c1fab'
const apiKey = `lk_0123456789abcdef_${secret}`
const jwt =
  'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjYW5hcnkifQ.canarySignaturecanarySignaturecanarySignature'
const canaries = [secret, 'canarySignature', 'eyJzdWIiOiJjYW5hcnkifQ', 'canaryPassword']

describe('a log entry', () => {
  test('is a line of JSON with level, time, fields and message', () => {
    const [line] = logged((logger) => logger.child({ requestId: 'r1' }).info({ status: 200 }, 'hi'))
    expect(line).toMatchObject({ level: 'info', requestId: 'r1', status: 200, msg: 'hi' })
    expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT/)
  })

  test('is left out below the level', () => {
    const lines = logged(
      (logger) => {
        logger.info('no')
        logger.warn('yes')
      },
      { level: 'warn' },
    )
    expect(lines.map(({ msg }) => msg)).toEqual(['yes'])
  })

  test('is readable text if pretty printing is on', () => {
    const text = written((logger) => logger.info({ requestId: 'r1' }, 'hi'), { pretty: true })
    expect(text).toMatch(/INFO.*hi[\s\S]*requestId/)
  })
})

describe('a credential is never written', () => {
  const cause = Object.assign(new Error('no'), { headers: { authorization: `Bearer ${apiKey}` } })
  const drizzle = new Error(`Failed query: select $1\nparams: ${secret}`, {
    cause: Object.assign(new Error('relation does not exist'), {
      code: '42P01',
      severity: 'ERROR',
      parameters: [secret],
      args: [secret],
      query: `select '${secret}'`,
      detail: `Key (x)=(${secret}) exists`,
    }),
  })
  const url = 'postgres://latchkey:canaryPassword@db.example.com:5432/latchkey'

  test.each<[string, object, string]>([
    ['in a header', { headers: { authorization: `Bearer ${secret}` } }, 'x'],
    ['in a deep header', { a: { b: { c: { d: { Cookie: `s=${secret}` } } } } }, 'x'],
    ['in several values of a header', { 'set-cookie': [secret, secret] }, 'x'],
    ['in a configured header', { req: { 'x-acme-key': secret } }, 'x'],
    ['with quotes in it', { password: `"${secret}\\"${secret}` }, 'x'],
    ['in a field', { input: apiKey, nested: { input: jwt } }, 'x'],
    ['in a message', {}, `got ${apiKey} and ${jwt}`],
    ['after its scheme', {}, `Authorization: bearer ${secret}`],
    ['in the middle of a URL', { url: `/graphql?key=${apiKey}&a=1` }, 'x'],
    ['as a JWT without its signature', { input: jwt.slice(0, jwt.lastIndexOf('.')) }, 'x'],
    ['in the URL of a database', { url }, `cannot reach ${url}`],
    ['in an error', { err: new Error(`bad ${apiKey}`) }, 'x'],
    ["in an error's cause", { err: new Error('x', { cause }) }, 'x'],
    ["in a failed query's parameters", { err: drizzle }, 'x'],
    ['in a failed URL', { err: invalidUrl(`postgres://u:canaryPassword@ho st/`) }, 'x'],
    ['in several errors', { err: new AggregateError([drizzle, cause], 'all failed') }, 'x'],
    ['in a value that is not an error', { err: { authorization: apiKey, secret } }, 'x'],
  ])('%s', (_, fields, message) => {
    for (const pretty of [false, true]) {
      const text = written((logger) => logger.error(fields, message), { pretty })
      expect(text).not.toBe('')
      for (const canary of canaries) expect(text).not.toContain(canary)
      const bound = written((logger) => logger.child(fields).child({}).warn(message), { pretty })
      for (const canary of canaries) expect(bound).not.toContain(canary)
    }
  })

  test('also if only an error is logged', () => {
    const [line] = logged((logger) => {
      const careless = logger.error as (error: unknown) => void
      careless.call(logger, drizzle)
    })
    expect(line?.msg).toBe('Failed query: select $1')
    expect(JSON.stringify(line)).not.toContain(secret)
  })

  test('while the public part of a key and the description of the fault stay', () => {
    const [line] = logged((logger) => logger.error({ err: drizzle }, `refused ${apiKey}`))
    expect(line).toMatchObject({
      msg: 'refused lk_0123456789abcdef_[redacted]',
      err: {
        type: 'Error',
        message: 'Failed query: select $1',
        cause: { code: '42P01', severity: 'ERROR', message: 'relation does not exist' },
      },
    })
    expect(JSON.stringify(line)).toContain('log.test.ts')
  })
})

test.each(['lk', 'a', 'sklive16letters0'])('a key of the prefix %s is not written', (prefix) => {
  const [line] = logged((logger) => logger.error(`refused ${generateKey(prefix).key}`))
  expect(line?.msg).toMatch(new RegExp(`^refused ${prefix}_[0-9A-Za-z]{16}_\\[redacted\\]$`))
})

test('an error that is its own cause is written too', () => {
  const error = new Error('round')
  error.cause = error
  const [line] = logged((logger) => logger.error({ err: error }, 'x'))
  expect(line).toMatchObject({ err: { message: 'round', cause: { message: 'round' } } })
})

function invalidUrl(text: string): unknown {
  try {
    return new URL(text)
  } catch (error) {
    return error
  }
}

function written(
  use: (logger: ReturnType<typeof createLogger>) => void,
  options: Partial<LoggerOptions> = {},
): string {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  use(
    createLogger({
      level: 'debug',
      credentialHeaders: ['x-acme-key'],
      destination,
      ...options,
    }),
  )
  return lines.join('')
}

function logged(...args: Parameters<typeof written>) {
  const lines = written(...args).split('\n')
  return lines
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown> & { msg: string; time: string })
}
