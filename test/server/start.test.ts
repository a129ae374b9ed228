import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import type { Logger } from '../../src/log.ts'
import { createApp } from '../../src/server/create-app.ts'
import { startServer } from '../../src/server/start.ts'

/** Keeps the warnings. */
function recordingLog(warnings: unknown[]): Logger {
  const log: Logger = {
    debug: () => {},
    info: () => {},
    warn: (...line: unknown[]) => void warnings.push(line.at(-1)),
    error: () => {},
    isLevelEnabled: () => true,
    child: () => log,
  }
  return log
}

it('warnings of the configuration are logged by createApp too', async () => {
  const url = 'postgres://u:p@127.0.0.1:1/x?channel_binding=require'
  const warnings: unknown[] = []
  const starting = createApp(loadConfig({ DATABASE_URL: url }), { log: recordingLog(warnings) })
  await expect(starting).rejects.toMatchObject({
    code: 'SERVICE_UNAVAILABLE',
    message: expect.stringMatching(/^createApp: The database cannot be reached: check host/),
  })
  expect(warnings.filter((line) => /^DATABASE_URL cannot meet/.test(String(line)))).toHaveLength(1)
})

it.each([
  [false, 1],
  [true, 0],
])('warnings of the configuration are logged once (joining others: %s)', async (joining, times) => {
  // Nothing listens there, so everything in the log comes from before the start.
  const url = 'postgres://u:p@127.0.0.1:1/x?channel_binding=require'
  const config = loadConfig({ DATABASE_URL: url, PORT: '0' })
  const warnings: unknown[] = []
  const options = { log: recordingLog(warnings), joining, print: () => {} }
  const server = await startServer(config, options).catch(() => null)
  await server?.stop()
  const logged = warnings.filter((line) => /^DATABASE_URL cannot meet/.test(String(line)))
  expect(logged).toHaveLength(times)
})
