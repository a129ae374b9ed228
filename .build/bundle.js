/**
 * Puts the command line and all that it imports into a few files in place of a thousand: finding and
 * reading those took most of a start. The library's modules stay as the compiler made them, so that
 * `graphql` and the rest are the very ones of whoever imports them.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const folder = 'dist/cli'

rmSync(folder, { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: ['src/cli/main.ts'],
  outdir: folder,
  bundle: true,
  // What a command imports when it needs it stays a file of its own. All are in one folder, as deep as
  // those of `src`, from where they find what lies beside `src` and `dist`.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // The modules of a package that has both kinds, for what is not used of them to be left out.
  mainFields: ['module', 'main'],
  // Packages of the other kind require Node's own modules.
  banner: {
    js: "import { createRequire } from 'node:module'\nconst require = createRequire(import.meta.url)",
  },
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
})
writeFileSync(join(folder, 'licenses.txt'), licences())

/** Of every package that is in the files: they ask for no more than that it comes with them. */
function licences() {
  const packages = new Set(
    Object.values(metafile.outputs)
      .flatMap(({ inputs }) => Object.keys(inputs))
      .map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
      .filter((path) => path !== undefined),
  )
  return [...packages]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

function licenceOf(path) {
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const texts = readdirSync(path)
    .filter((entry) => /^(licen[cs]e|notice)/i.test(entry))
    .map((entry) => `\n${readFileSync(join(path, entry), 'utf8').trim()}\n`)
  return [`${name} ${version} (${license})\n`, ...texts].join('')
}
