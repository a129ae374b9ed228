import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const module = new URL('../../dist/log.js', import.meta.url).href

/** Runs `script` with a logger `log` in a process of its own, and returns the messages that it wrote. */
function messagesOf(script: string): string[] {
  const { stderr } = spawnSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { createLogger } from ${JSON.stringify(module)}
       const log = createLogger({ level: 'info' })
       ${script}`,
    ],
    { encoding: 'utf8' },
  )
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'))
  return lines.map((line) => JSON.parse(line).msg)
}

it.each([
  ['that ends', "log.info('last')"],
  ['that exits at once', "log.info('last'); process.exit(3)"],
  ['that fails', "log.info('last'); throw new Error('no')"],
  ['that fails later', "setTimeout(() => { log.info('last'); throw new Error('no') })"],
  ['that logs when it exits', "process.on('exit', () => log.info('last'))"],
])('a process %s has written its last line', (_, script) => {
  expect(messagesOf(`log.info('first'); ${script}`)).toEqual(['first', 'last'])
})

it('lines of two loggers stay in order', () => {
  expect(
    messagesOf(
      "createLogger({ level: 'warn' }).warn('one'); log.info('two'); log.info('x'.repeat(1e5))",
    ),
  ).toEqual(['one', 'two', 'x'.repeat(1e5)])
})
