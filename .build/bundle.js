/**
 * Bundles the command line and all its imports into a few files instead of a thousand: finding and reading
 * those took most of the start-up time. The library's modules stay as the compiler wrote them, so that they
 * share `graphql` and the other packages with the application that imports them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

/** @param folder the folder for the files; the compiler's files must have been removed from it */
export async function bundleCommandLine(root, folder) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/cli/main.ts'],
    outdir: folder,
    bundle: true,
    // A module that a command imports dynamically stays a separate file. All files are in one folder, as
    // deep as those of `src`, so that paths to files beside `src` and `dist` are the same.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // ES modules are preferred to CommonJS, because unused exports can be left out of them.
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
 * require becomes a module of the bundle, named by esbuild: a banner that declares `require` could collide
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

/** Fails the build if a call of `require` is left, since it would only fail when it is executed. */
function refuseRequire({ outputs }) {
  const left = Object.entries(outputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ kind }) => kind.startsWith('require'))
      .map(({ path }) => `${file} requires ${path}`),
  )
  if (left.length > 0) throw new Error(`An ES module cannot require:\n${left.join('\n')}`)
}

/** Returns the licences of all bundled packages, which must be distributed with the bundle. */
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
