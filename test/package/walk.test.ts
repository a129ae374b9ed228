import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { command, environmentOf, finish, nodes, projectFolder, startServer } from './installed.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const walk = readme.split('## A first walk')[1]?.split('\n## ')[0] ?? ''
const shown = [...walk.matchAll(/```json\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
  block.trim().split('\n'),
)

describe.each(nodes)('on Node $version', (node) => {
  it("the README's first walk answers what the README shows", async () => {
    const cwd = projectFolder()
    const env = { ...environmentOf(node), DATA_DIR: join(cwd, 'data') }
    const server = await startServer(node.path, [command, 'serve'], { cwd, env })
    const banner = (name: string) =>
      new RegExp(`^${name} +(.+)$`, 'm').exec(server.written())?.[1] ?? ''
    const script = codeBlocks(['sh'])
      .filter(({ marker }) => marker === 'walk')
      .map(({ code }) => code)
      .join('\n')
      .replace('lk_…', banner('API key'))
      .replace('eyJ…', banner('JWT'))
      .replaceAll('http://127.0.0.1:4000/graphql', banner('GraphQL'))
    const { out, err } = await finish('bash', ['--norc', '-euc', script], { cwd, env })
    expect(err).toBe('')
    expect(shown.length).toBeGreaterThan(8)
    // The port and the ids of keys differ from those in the README.
    const page = banner('GraphQL').replace('graphql', 'keys/')
    const answers = out.replaceAll(page, 'http://127.0.0.1:4000/keys/')
    expect(
      answers
        .replace(/keys\/\w{16}\?/g, 'keys/4fQ1Zs0bKx8TtYv2?')
        .trim()
        .split('\n'),
    ).toEqual(shown)
    expect(await server.stop()).toBe(0)
  })
})
