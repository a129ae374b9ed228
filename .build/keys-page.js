/**
 * Bundles the keys page for the browser. The names of the files in `assets` hold a hash of their content, so
 * that a browser may keep them for ever. The server fills `{base}`, `{nonce}`, `{configuration}`, `{sessions}`
 * and `{title}` in.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { build as bundle } from 'esbuild'
import { browsers } from './browsers.js'
import { licences } from './bundle.js'
import { renderFrames } from './frames.js'

const source = 'src/web/keys'
/** The scripts that a document loads, compressed, in bytes. */
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
    plugins: [scriptBeforePaint(root)],
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: browsers,
      // One style sheet: the page would shift if a part came with its own.
      cssCodeSplit: false,
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      reportCompressedSize: false,
      rolldownOptions: {
        onLog: withoutDirectives,
        output: {
          codeSplitting: {
            groups: [
              // What Vite adds to each dynamic import: the entry would otherwise have to wait for the first chunk.
              { name: 'load', test: /vite\/preload-helper/, priority: 3 },
              // React runs in a task of its own.
              { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\//, priority: 2 },
              { debugName: 'first', name: nameOfFirstChunk, priority: 1 },
              // Small modules of several screens: a request for each takes longer than their bytes.
              {
                debugName: 'shared',
                name: nameOfSharedChunk,
                minShareCount: 2,
                includeDependenciesRecursively: false,
              },
            ],
          },
        },
      },
    },
  })
  const chunks = output.filter(({ type }) => type === 'chunk')
  writeDocuments(folder, output, await renderFrames(root))
  for (const file of output.filter(({ fileName }) => /\.(js|css)$/.test(fileName))) {
    writeFileSync(join(folder, `${file.fileName}.br`), brotliCompressSync(file.code ?? file.source))
  }
  writeFileSync(join(folder, 'licenses.txt'), licences(root, metafileOf(root, chunks)))
}

/** Writes a document for each screen in each language: its frame, and the names of the scripts that it needs. */
function writeDocuments(folder, output, frames) {
  const files = new Map(output.map((file) => [file.fileName, file]))
  const chunks = output.filter(({ type }) => type === 'chunk')
  const template = join(folder, 'index.html')
  const html = readFileSync(template, 'utf8')
  rmSync(template)
  mkdirSync(join(folder, 'documents'), { recursive: true })
  for (const [language, { fault, documents }] of Object.entries(frames)) {
    for (const [name, { frame, modules }] of Object.entries(documents)) {
      const texts = language === 'en' ? [] : [`messages/${language}.ts`]
      const scripts = namesOf(chunks, ['start.tsx', ...texts, ...modules])
      const links = scripts.filter((file) => !html.includes(file)).map(preload)
      const document = html
        .replace('{language}', language)
        .replace('{frame}', () => frame)
        .replace('{fault}', () => fault)
        .replace(/(?<=<link rel="stylesheet".*\n)/, links.join(''))
      refuseLarge(files, `${name}.${language}.html`, document)
      writeFileSync(join(folder, 'documents', `${name}.${language}.html`), document)
    }
  }
}

/** The frame is painted before the scripts are needed, so they give way to the style sheet. */
const preload = (name) =>
  `    <link rel="modulepreload" fetchpriority="low" crossorigin href="./${name}" nonce="{nonce}">\n`

/** Returns the names of the scripts of modules, and of those that they import. */
function namesOf(chunks, wanted) {
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
  const names = new Set()
  const add = (chunk) => {
    if (names.has(chunk.fileName)) return
    names.add(chunk.fileName)
    for (const name of chunk.imports) add(byName.get(name))
  }
  for (const module of wanted) {
    const chunk = chunks.find(({ modules }) =>
      Object.keys(modules).some((id) => id.endsWith(`/${source}/${module}`)),
    )
    if (chunk === undefined) throw new Error(`The build has no chunk of ${module}.`)
    add(chunk)
  }
  return [...names]
}

/**
 * The script that runs before the first paint, so it is not a module. The page's policy forbids scripts inside
 * the document.
 */
function scriptBeforePaint(root) {
  return {
    name: 'script-before-paint',
    apply: 'build',
    async buildStart() {
      const { outputFiles } = await bundle({
        absWorkingDir: root,
        entryPoints: [`${source}/before-paint.ts`],
        bundle: true,
        minify: true,
        format: 'iife',
        platform: 'browser',
        target: browsers,
        write: false,
      })
      this.emitFile({ type: 'asset', name: 'before-paint.js', source: outputFiles[0].text })
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const [name] = Object.keys(bundle).filter((file) => /^assets\/before-paint-/.test(file))
        return html.replace('{before-paint}', `./${name}`)
      },
    },
  }
}

/** Puts all that every screen needs into one file: each further one would be a request. */
function nameOfFirstChunk(id, context) {
  const seen = new Set()
  const isFirst = (module) => {
    if (seen.has(module)) return false
    seen.add(module)
    if (module.endsWith(`/${source}/start.tsx`)) return true
    return context.getModuleInfo(module)?.importers.some(isFirst) === true
  }
  return isFirst(id) ? 'start' : null
}

/** Returns the name of the chunk for modules of several screens. Those that need the dialogs stay with them. */
function nameOfSharedChunk(id, context) {
  const seen = new Set()
  const needsDialogs = (module) => {
    if (seen.has(module)) return false
    seen.add(module)
    if (module.endsWith(`/${source}/kit/dialog.tsx`)) return true
    return context.getModuleInfo(module)?.importedIds.some(needsDialogs) === true
  }
  return id.includes('/src/web/') && !needsDialogs(id) ? 'shared' : null
}

/** Packages mark modules for the server components of React, which the page does not use. */
function withoutDirectives(level, log, handle) {
  if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log)
}

/** Fails the build if the scripts that a document loads are larger than the budget. */
function refuseLarge(files, document, html) {
  const names = [...html.matchAll(/"\.\/(assets\/[^"]+\.js)"/g)].map(([, name]) => name)
  const bytes = names.reduce((sum, name) => sum + compressedSize(files.get(name)), 0)
  if (process.env.KEYS_PAGE_SIZES === 'true') console.log(`${document}: ${bytes} bytes of script`)
  if (bytes > maxScriptBytes) {
    throw new Error(`${document} loads ${bytes} bytes of script: ${maxScriptBytes} at most.`)
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
