/**
 * Bundles the programs. The library's modules stay as the compiler wrote them, so that they share `graphql`
 * and the other packages with the application that imports them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, relative } from 'node:path'
import { build } from 'esbuild'

/**
 * Bundles the command line and all its imports into a few files instead of a thousand: finding and reading
 * those took most of the start-up time.
 *
 * @param folder the folder for the files; the compiler's files must have been removed from it
 */
export function bundleCommandLine(root, folder) {
  // undici is large, and loaded only behind a proxy.
  return bundle(root, folder, { entries: ['src/cli/main.ts'], external: ['undici'] })
}

/**
 * Bundles the entry points of the whole server and of the keys page with the packages that only they use, so
 * that applications that use the library alone do not install them. Outside stay the peers and the dependencies,
 * and the modules of the other entry points, because a process may import those too.
 */
export async function bundleServer(root, folder) {
  const { dependencies, peerDependencies, exports } = readManifest(root)
  const programs = ['src/server.ts', 'src/page.ts']
  const others = Object.values(exports)
    .filter(({ types }) => types !== undefined)
    .map(({ types }) => types.replace(/^\.\/dist\/(.*)\.d\.ts$/, 'src/$1.ts'))
    .filter((entry) => !programs.includes(entry))
  const shared = await modulesOf(root, others)
  await bundle(root, folder, {
    entries: programs,
    external: Object.keys({ ...dependencies, ...peerDependencies }),
    plugins: [externalModules(root, shared)],
  })
}

async function bundle(root, folder, { entries, external = [], plugins = [] }) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: folder,
    external,
    bundle: true,
    // A module that is imported dynamically stays a separate file. All files are in one folder, as deep as
    // those of `src`, so that paths to files beside `src` and `dist` are the same.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // ES modules are preferred to CommonJS, because unused exports can be left out of them.
    mainFields: ['module', 'main'],
    plugins: [...plugins, builtinModules],
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  })
  refuseRequire(metafile)
  writeFileSync(join(folder, 'licenses.txt'), licences(root, metafile))
}

/** Returns the paths, relative to `root`, of the project's modules that `entries` import. */
async function modulesOf(root, entries) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: 'unwritten',
    write: false,
    metafile: true,
    logLevel: 'warning',
  })
  return new Set(Object.keys(metafile.inputs))
}

/** Leaves imports of the given modules as imports of the files that the compiler made of them. */
function externalModules(root, modules) {
  return {
    name: 'external-modules',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = relative(root, join(resolveDir, path))
        if (!modules.has(file)) return undefined
        return { path: file.replace(/^src\//, '../').replace(/\.ts$/, '.js'), external: true }
      })
    },
  }
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
export function licences(root, metafile) {
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
  const { name, version, license } = readManifest(path)
  const texts = readdirSync(path)
    .filter((entry) => /^(licen[cs]e|notice)/i.test(entry))
    .map((entry) => `\n${readFileSync(join(path, entry), 'utf8').trim()}\n`)
  return [`${name} ${version} (${license})\n`, ...texts].join('')
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
