import { expect, it } from 'vitest'
import { commandOn, serverForAll, statusOf } from '../support/server-process.ts'

const server = serverForAll()
const ask = (key: string) => statusOf(server.process, key)
const command = (...words: string[]) => commandOn(server.dataDir, ...words)

it('a suspended process refuses, when it resumes, a key that was revoked in between', async () => {
  const made = command(
    ...['keys', 'create', '--owner', 'ada', '--name', 'x', '--scopes', 'read:users'],
  )
  for (let n = 0; n < 3; n++) expect(await ask(made.key)).toBe(200)

  server.process.child.kill('SIGSTOP')
  const { nodes } = command('keys', 'revoke', made.apiKey.id, '--wait')
  // The requests are sent before the process resumes, so that it reads them first.
  const answers = Array.from({ length: 5 }, () => ask(made.key))
  await new Promise((resolve) => setTimeout(resolve, 100))
  server.process.child.kill('SIGCONT')

  for (const status of await Promise.all(answers)) expect([401, 503]).toContain(status)
  expect(nodes.answered).toEqual([])
})
