import { afterAll, beforeAll, expect, it } from 'vitest'
import { type StandbyPair, startStandbyPair } from '../support/standby.ts'

let pair: StandbyPair

beforeAll(async () => {
  pair = await startStandbyPair()
})
afterAll(() => pair?.close())

const count = async (server: StandbyPair['primary']) =>
  (await server.query('select count(*)::int as count from things'))[0]?.count

it('a standby streams, pauses, resumes, is promoted and followed, through stops and crashes', async () => {
  await pair.primary.query('create table things (id int)')
  await pair.caughtUp()
  expect(await count(pair.standby)).toBe(0)

  await pair.pauseReplay()
  await pair.primary.query('insert into things values (1)')
  expect(await count(pair.standby)).toBe(0)
  await pair.resumeReplay()
  await pair.caughtUp()
  expect(await count(pair.standby)).toBe(1)

  const { port } = pair.primary
  await pair.primary.kill()
  await expect(pair.primary.query('select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await pair.primary.start()
  expect(pair.primary.port).toBe(port)
  await pair.primary.query('insert into things values (2)')
  await pair.caughtUp()

  await pair.primary.stop()
  await pair.promote()
  await pair.standby.query('insert into things values (3)')
  await pair.rejoin()
  expect(await pair.primary.query('select pg_is_in_recovery() as recovery')).toEqual([
    { recovery: true },
  ])
})
