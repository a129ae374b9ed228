/** Measures `guardSchema` in Apollo Server and Mercurius, against the same server without authentication. */
import { fileURLToPath } from 'node:url'
import { show, start } from '../measure.mjs'
import { arm, compare, ratioOf } from './interleaved.mjs'
import { me } from './throughput.mjs'

const folder = fileURLToPath(new URL('../guarded/', import.meta.url))
const goal = 0.9
const kinds = {
  'Apollo Server': { file: 'apollo' },
  Mercurius: { file: 'mercurius' },
  'Mercurius with `jit`': { file: 'mercurius', JIT: '1' },
}

export async function measureGuardSchema({ environment, keys, tokens }, settings) {
  const rows = []
  for (const [name, { file, ...more }] of Object.entries(kinds)) {
    const server = (VARIANT) => () =>
      start(process.execPath, [`${folder}${file}.mjs`], { ...environment, ...more, VARIANT })
    const servers = { open: server('open'), guarded: server('guarded'), usual: server('usual') }
    const credentials = { key: keys.slice(0, 500), JWT: tokens }
    const arms = {
      base: arm('open', me, tokens),
      key: arm('guarded', me, credentials.key),
      JWT: arm('guarded', me, credentials.JWT),
      usual: arm('usual', me, tokens),
    }
    const seen = await compare(servers, arms, settings)
    for (const kind of Object.keys(credentials)) {
      const ratio = ratioOf(seen, kind, 'base')
      rows.push({
        figure: `\`guardSchema\` in ${name}, cached ${kind}, against the same without authentication`,
        result: show(ratio),
        ratio,
        goal: `≥ ${goal}`,
        met: ratio.median >= goal,
      })
    }
    const usual = ratioOf(seen, 'usual', 'base')
    rows.push({
      figure: `jose in the context of ${name}, RS256, against the same without authentication`,
      result: show(usual),
      ratio: usual,
    })
  }
  return rows
}
