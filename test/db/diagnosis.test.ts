import { describe, expect, it } from 'vitest'
import { type Cause, causeOf, describeCause } from '../../src/db/causes.ts'
import { createDiagnosis, type Trouble } from '../../src/db/diagnosis.ts'

const failure = (code: string, message = 'failed') => Object.assign(new Error(message), { code })

function watched() {
  const reports: Trouble[] = []
  const clock = { now: 0 }
  const diagnosis = createDiagnosis({
    report: (trouble) => reports.push(trouble),
    now: () => clock.now,
  })
  return { reports, clock, diagnosis }
}

describe('a cause of failures', () => {
  it('is reported once when it begins and once when it ends', () => {
    const { reports, clock, diagnosis } = watched()
    for (let n = 0; n < 100; n++) diagnosis.failed('application', 'host', failure('ECONNREFUSED'))
    clock.now = 60_000
    for (let n = 0; n < 100; n++) diagnosis.succeeded('application')
    expect(reports).toMatchObject([
      { kind: 'begins', connection: 'application', cause: 'host' },
      { kind: 'ends', connection: 'application', cause: 'host', lasted: 60_000 },
    ])
  })

  it('lasts while some attempts fail with it and others succeed', () => {
    const { reports, clock, diagnosis } = watched()
    for (; clock.now < 60_000; clock.now += 500) {
      diagnosis.failed('authentication', 'recovery', failure('25006'))
      diagnosis.succeeded('authentication')
    }
    expect(reports).toHaveLength(1)
  })

  it('is distinguished by connection, and from other causes', () => {
    const { reports, clock, diagnosis } = watched()
    diagnosis.failed('application', 'password', failure('28P01'))
    diagnosis.failed('application', 'connection-slots', failure('53300'))
    diagnosis.failed('listening', 'password', failure('28P01'))
    clock.now = 60_000
    diagnosis.succeeded('listening')
    expect(reports.map(({ kind, connection, cause }) => [kind, connection, cause])).toEqual([
      ['begins', 'application', 'password'],
      ['begins', 'application', 'connection-slots'],
      ['begins', 'listening', 'password'],
      ['ends', 'listening', 'password'],
    ])
  })

  it('is ignored if the database did not cause the failure', () => {
    const { reports, diagnosis } = watched()
    diagnosis.failed('application', causeOf(new TypeError('a bug')), null)
    expect(reports).toEqual([])
  })
})

describe('the cause of a failure', () => {
  it.each<[Cause, Error]>([
    ['password', failure('28P01')],
    ['password', failure('28000')],
    ['password', failure('08P01', 'password authentication failed')],
    ['database', failure('3D000')],
    ['database', failure('08P01', 'no such database: nothing')],
    ['host', failure('ENOTFOUND')],
    ['host', failure('ECONNREFUSED')],
    ['host', failure('CONNECT_TIMEOUT')],
    ['rights', failure('42501')],
    ['schema', failure('42P01')],
    ['connection-slots', failure('53300')],
    ['connection-slots', failure('08P01', 'no more connections allowed (max_client_conn)')],
    [
      'recovery',
      failure('25006', 'cannot execute INSERT in a read-only transaction during recovery'),
    ],
    ['read-only', failure('25006', 'cannot execute INSERT in a read-only transaction')],
    ['notify-queue', failure('54000', 'too many notifications in the NOTIFY queue')],
    ['starting', failure('57P03')],
    ['lost', failure('ECONNRESET')],
    ['unavailable', failure('58030')],
    ['password', new AggregateError([failure('ECONNREFUSED'), failure('28P01')])],
  ])('is %s', (cause, error) => {
    expect(causeOf(error)).toBe(cause)
    expect(describeCause(cause)).toMatch(/^[A-Z].*\.$/)
  })
})
