import { expect, it } from 'vitest'
import { commandOn, serverForAll, statusOf } from '../support/server-process.ts'

const server = serverForAll()
const ask = (key: string) => statusOf(server.process, key)
const command = (...words: string[]) => commandOn(server.dataDir, ...words)

it('a process that was stopped refuses, when it goes on, what was revoked meanwhile', async () => {
  const made = command(
    ...['keys', 'create', '--owner', 'ada', '--name', 'x', '--scope', 'read:users'],
  )
  for (let n = 0; n < 3; n++) expect(await ask(made.key)).toBe(200)

  server.process.child.kill('SIGSTOP')
  const { nodes } = command('keys', 'revoke', made.apiKey.id, '--wait')
  // Sent before it goes on, so that they are the first it sees.
  const answers = Array.from({ length: 5 }, () => ask(made.key))
  await new Promise((resolve) => setTimeout(resolve, 100))
  server.process.child.kill('SIGCONT')

  for (const status of await Promise.all(answers)) expect([401, 503]).toContain(status)
  expect(nodes.answered).toEqual([])
})
