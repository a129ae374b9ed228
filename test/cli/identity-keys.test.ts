import { chmodSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/server-process.ts'
import { run } from './run.ts'

function setUp() {
  const file = join(temporaryFolder(), 'keys.json')
  // A missing file is a fault for serve, but not for the command that creates it.
  const environment = { IDENTITY_KEYS_FILE: file, NODE_ENV: 'production' }
  const list = async () =>
    JSON.parse((await run(['identity-keys', 'list', '--json'], { environment })).out)
  return { file, environment, list }
}

describe('identity-keys', () => {
  test('new creates a private file with a key that signs and the next one', async () => {
    const { file, environment, list } = setUp()
    const { code, out, err } = await run(['identity-keys', 'new'], { environment })
    expect(code).toBe(0)
    expect(out).toMatch(/^ID +ALGORITHM +ROLE\n\S+ +EdDSA +signs\n\S+ +EdDSA +next\n$/)
    expect(err).toContain(`IDENTITY_KEYS_FILE=${file}`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect((await list()).keys.map(({ role }: { role: string }) => role)).toEqual(['signs', 'next'])
    const again = await run(['identity-keys', 'new'], { environment })
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('exists already') })
  })

  test('rotate moves each key to its next role', async () => {
    const { environment, list } = setUp()
    await run(['identity-keys', 'new', '--algorithm', 'ES256'], { environment })
    const before = (await list()).keys
    expect((await run(['identity-keys', 'rotate'], { environment })).code).toBe(0)
    const after = (await list()).keys
    expect(after).toEqual([
      { ...before[1], role: 'signs' },
      { id: expect.any(String), algorithm: 'ES256', role: 'next' },
      { ...before[0], role: 'retired' },
    ])
  })

  test('list shows no private part, and warns of a file that everyone may read', async () => {
    const { file, environment } = setUp()
    await run(['identity-keys', 'new'], { environment })
    chmodSync(file, 0o644)
    const { out, err } = await run(['identity-keys', 'list'], { environment })
    const { d } = JSON.parse(readFileSync(file, 'utf8')).keys[0]
    expect(out).not.toContain(d)
    expect(err).toContain('chmod o-r')
  })

  test('without a file it states how to create one', async () => {
    const { environment } = setUp()
    const { code, err } = await run(['identity-keys', 'rotate'], { environment })
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('identity-keys new') })
  })
})
