/**
 * Bundles the keys page for the browser. The names of the files in `assets` hold a hash of their content, so
 * that a browser may keep them for ever. The server fills `{base}`, `{nonce}` and `{configuration}` in.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { licences } from './bundle.js'

const source = 'src/web/keys'
/** The scripts that the first page loads, compressed, in bytes. */
const maxScriptBytes = 120 * 1024

/** @param folder the folder for the page; its assets are in `folder/assets` */
export async function bundleKeysPage(root, folder) {
  // Vite takes the value of the environment, and React's build for development is half as large again.
  process.env.NODE_ENV = 'production'
  const { build } = await import('vite')
  const { output } = await build({
    root: join(root, source),
    configFile: false,
    envDir: false,
    base: './',
    publicDir: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic' } },
    html: { cspNonce: '{nonce}' },
    plugins: [themeScript(root)],
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2022',
      cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
      // One style sheet: the page would shift if a part came with its own.
      cssCodeSplit: false,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        onLog: withoutDirectives,
        output: { codeSplitting: { groups: [{ debugName: 'first', name: nameOfFirstChunk }] } },
      },
    },
  })
  const chunks = output.filter(({ type }) => type === 'chunk')
  refuseLarge(output)
  for (const file of output.filter(({ fileName }) => /\.(js|css)$/.test(fileName))) {
    writeFileSync(join(folder, `${file.fileName}.br`), brotliCompressSync(file.code ?? file.source))
  }
  writeFileSync(join(folder, 'licenses.txt'), licences(root, metafileOf(root, chunks)))
}

/**
 * The script that applies the theme that the person chose. It runs before the first paint, so it is not a
 * module, and the page's policy forbids scripts inside the document.
 */
function themeScript(root) {
  return {
    name: 'theme-script',
    apply: 'build',
    async buildStart() {
      const file = join(root, source, 'theme/before-paint.ts')
      const { transformWithOxc } = await import('vite')
      const { code } = await transformWithOxc(readFileSync(file, 'utf8'), file)
      this.emitFile({
        type: 'asset',
        name: 'before-paint.js',
        source: code.replace(/\s*\n\s*/g, '\n'),
      })
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const [name] = Object.keys(bundle).filter((file) => /^assets\/before-paint-/.test(file))
        return html.replace('{theme}', `./${name}`)
      },
    },
  }
}

/** Puts all that the first page needs into one file: each further one would be a request. */
function nameOfFirstChunk(id, context) {
  const seen = new Set()
  const isFirst = (module) => {
    if (seen.has(module)) return false
    seen.add(module)
    const info = context.getModuleInfo(module)
    return info !== null && (info.isEntry || info.importers.some(isFirst))
  }
  return isFirst(id) ? 'main' : null
}

/** Packages mark modules for the server components of React, which the page does not use. */
function withoutDirectives(level, log, handle) {
  if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log)
}

/** Fails the build if the scripts that the first page loads are larger than the budget. */
function refuseLarge(output) {
  const files = new Map(output.map((file) => [file.fileName, file]))
  const first = new Set()
  const add = (name) => {
    if (first.has(name)) return
    first.add(name)
    for (const imported of files.get(name)?.imports ?? []) add(imported)
  }
  for (const [, name] of files.get('index.html').source.matchAll(/"\.\/(assets\/[^"]+\.js)"/g))
    add(name)
  const bytes = [...first].reduce((sum, name) => sum + compressedSize(files.get(name)), 0)
  if (process.env.KEYS_PAGE_SIZES === 'true') console.log(`Keys page: ${bytes} bytes of script`)
  if (bytes > maxScriptBytes) {
    throw new Error(`The first load has ${bytes} bytes of script: ${maxScriptBytes} at most.`)
  }
}

function compressedSize(file) {
  return brotliCompressSync(file.code ?? file.source).length
}

/** Returns the modules of the chunks in the form of esbuild's metafile. */
function metafileOf(root, chunks) {
  const inputs = chunks.flatMap(({ modules }) => Object.keys(modules))
  return {
    outputs: { page: { inputs: Object.fromEntries(inputs.map((id) => [relative(root, id), {}])) } },
  }
}
