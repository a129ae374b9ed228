import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { serverForAll } from '../support/server-process.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const server = serverForAll()

it("the README's first walk answers what the README shows", () => {
  const walk = readme.split('## A first walk')[1]?.split('\n## ')[0] ?? ''
  const script = [...walk.matchAll(/<!-- walk -->\n```sh\n([\s\S]*?)```/g)]
    .map(([, block]) => block)
    .join('\n')
    .replace('lk_…', server.process.banner['API key'] ?? '')
    .replace('eyJ…', server.process.banner.JWT ?? '')
    .replaceAll('http://127.0.0.1:4000/graphql', server.process.url)
  const shown = [...walk.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.trim().split('\n'),
  )
  const answered = execFileSync('bash', ['-euc', script], { encoding: 'utf8' }).trim().split('\n')
  expect(shown.length).toBeGreaterThan(8)
  expect(answered).toEqual(shown)
})
