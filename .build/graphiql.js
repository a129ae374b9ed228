/**
 * Bundles GraphiQL and its editor for the browser, so that the page needs no other origin. The names of the
 * files in `assets` hold a hash of their content, so that a browser may keep them for ever.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'
import { browsers } from './browsers.js'
import { licences } from './bundle.js'

const source = 'src/web/graphiql'
const editor = 'monaco-editor/esm/vs'

/** @param folder the folder for the page; its assets are in `folder/assets` */
export async function bundleGraphiql(root, folder) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      main: `${source}/main.tsx`,
      'editor.worker': `${editor}/editor/editor.worker.js`,
      'json.worker': `${editor}/language/json/json.worker.js`,
      'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    },
    outdir: join(folder, 'assets'),
    entryNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: browsers,
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [stylesOnce],
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  })
  for (const path of Object.keys(metafile.outputs)) compress(join(root, path))
  const template = readFileSync(join(root, source, 'index.html'), 'utf8')
  writeFileSync(join(folder, 'index.html'), pageOf(template, namesOf(metafile)))
  writeFileSync(join(folder, 'licenses.txt'), licences(root, metafile))
}

/** Writes a compressed copy beside a file. The highest quality would take four times as long for 5 % less. */
function compress(path) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 }
  writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params }))
}

/** Returns the names of the files of an entry by those that the template has for them, such as `main.js`. */
function namesOf({ outputs }) {
  const names = new Map()
  for (const [path, { entryPoint, cssBundle }] of Object.entries(outputs)) {
    if (entryPoint === undefined) continue
    for (const file of [path, ...(cssBundle === undefined ? [] : [cssBundle])]) {
      names.set(basename(file).replace(/-[^-.]+(?=\.\w+$)/, ''), basename(file))
    }
  }
  return names
}

/** Fills the names of the assets in. `{nonce}` stays: the server fills it in for each answer. */
function pageOf(template, names) {
  return template.replace(/\{([\w.]+\.\w+)\}/g, (_, name) => {
    const file = names.get(name)
    if (file === undefined) throw new Error(`The build has no ${name}.`)
    return `graphql/assets/${file}`
  })
}

/**
 * GraphiQL's style sheet already has the styles of the editor, so those that the editor's modules import are
 * left out, and so are the fonts for text.
 */
const stylesOnce = {
  name: 'styles-once',
  setup({ onLoad }) {
    onLoad({ filter: /monaco-editor\/esm\/.*\.css$/ }, () => ({ contents: '', loader: 'empty' }))
    onLoad({ filter: /graphiql\/dist\/style\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/@font-face ?\{[^}]*font\/woff[^}]*\}/g, ''),
      loader: 'css',
    }))
  },
}
