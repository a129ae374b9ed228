/**
 * Puts the command line and all that it imports into a few files in place of a thousand: finding and
 * reading those took most of a start. The library's modules stay as the compiler made them, so that
 * `graphql` and the rest are the very ones of whoever imports them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

/** @param folder where the files are written; those that the compiler put there must be gone */
export async function bundleCommandLine(root, folder) {
  const { metafile } = await build({
    absWorkingDir: root,
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
    plugins: [builtinModules],
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  })
  refuseRequire(metafile)
  writeFileSync(join(folder, 'licenses.txt'), licences(root, metafile))
}

/**
 * CommonJS packages require Node's own modules, and an ES module has no `require`. Each module that they
 * require becomes one of the bundle, which esbuild names: a banner that declares `require` may collide
 * with a name that a bundled module declares.
 */
const builtinModules = {
  name: 'builtin-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^/ }, ({ path, kind }) =>
      kind === 'require-call' && isBuiltin(path) ? { path, namespace: 'builtin' } : undefined,
    )
    onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

/** A call of `require` that is left fails only when it is reached. */
function refuseRequire({ outputs }) {
  const left = Object.entries(outputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ kind }) => kind.startsWith('require'))
      .map(({ path }) => `${file} requires ${path}`),
  )
  if (left.length > 0) throw new Error(`An ES module cannot require:\n${left.join('\n')}`)
}

/** Of every package that is in the files: they ask for no more than that it comes with them. */
function licences(root, metafile) {
  const packages = new Set(
    Object.values(metafile.outputs)
      .flatMap(({ inputs }) => Object.keys(inputs))
      .map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
      .filter((path) => path !== undefined),
  )
  return [...packages]
    .sort()
    .map((path) => licenceOf(join(root, path)))
    .join(`\n${'-'.repeat(80)}\n\n`)
}

function licenceOf(path) {
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
  const texts = readdirSync(path)
    .filter((entry) => /^(licen[cs]e|notice)/i.test(entry))
    .map((entry) => `\n${readFileSync(join(path, entry), 'utf8').trim()}\n`)
  return [`${name} ${version} (${license})\n`, ...texts].join('')
}
