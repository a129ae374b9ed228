import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readDocument } from './documents.ts'

const apps = fileURLToPath(new URL('../examples/apps', import.meta.url))
const page = readDocument('docs/applications.md')
const changes = [
  ...page.matchAll(/<!-- application (\w+)([\w, ]*) -->\n```diff\n([\s\S]*?)\n```/g),
].map(([, app = '', part = '', diff = '']) => ({ app, part, diff }))

/** Returns the lines of a kind of each file, in order. */
function linesOf(diff: string, kinds: string): [file: string, lines: string[]][] {
  return diff.split(/^# /m).flatMap((part): [string, string[]][] => {
    const [file = '', ...lines] = part.split('\n')
    if (file === '') return []
    const kept = lines.filter(
      (line) => line !== '' && line !== ' …' && kinds.includes(line.charAt(0)),
    )
    return [[file, kept.map((line) => line.slice(1))]]
  })
}

describe('the page on applications', () => {
  it('shows every application', () => {
    expect([...new Set(changes.map(({ app }) => app))].sort()).toEqual(readdirSync(apps).sort())
  })

  it('passes the authenticator to each guard of a schema, so that the use of scopes is recorded', () => {
    const guards = [...page.matchAll(/^\+.*\b(guardSchema|guardMercurius)\(.*$/gm)]
    expect(guards.length).toBe(2)
    for (const [line] of guards) expect(line).toContain('authenticator')
  })

  describe.each(changes)('$app$part', ({ app, diff }) => {
    it('changes at most 20 lines', () => {
      const added = linesOf(diff, '+').flatMap(([, lines]) => lines)
      expect(added.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(20)
    })

    it('is as the page shows it', () => {
      for (const [file, shown] of linesOf(diff, '+ ')) {
        const lines = readFileSync(`${apps}/${app}/${file}`, 'utf8').split('\n')
        // The shown lines are in the file in this order.
        const found = shown.filter((line) => {
          const at = lines.indexOf(line)
          if (at < 0) return false
          lines.splice(0, at + 1)
          return true
        })
        expect([file, found]).toEqual([file, shown])
      }
    })

    it('no longer has the lines that the page removes', () => {
      for (const [file, removed] of linesOf(diff, '-')) {
        const lines = readFileSync(`${apps}/${app}/${file}`, 'utf8').split('\n')
        expect(removed.filter((line) => line !== '' && lines.includes(line))).toEqual([])
      }
    })
  })
})
