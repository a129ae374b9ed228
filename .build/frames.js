/** Renders the frames of the keys page: what its screens look like until their data is there. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const languages = ['en', 'de']

/** What the modules of the page look for in the document. Of the settings, only the title shows in a frame. */
const globals = `
  const settings = { title: '{title}', adminScopes: [], signIn: { kind: 'oidc' }, features: { sessions: true } }
  globalThis.document = {
    getElementById: () => ({ textContent: JSON.stringify(settings) }),
    baseURI: 'http://localhost/',
    documentElement: { dataset: {} },
  }`

/**
 * Returns the contents of the documents, and the fault that no script can show, by language. They are rendered in a
 * process of their own, because the modules of the page expect a browser's globals.
 */
export async function renderFrames(root) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-frames-'))
  try {
    const file = join(folder, 'frames.mjs')
    await build({
      absWorkingDir: root,
      entryPoints: ['src/web/keys/frame/frames.tsx'],
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // What a screen loads later is not part of its frame.
      splitting: true,
      format: 'esm',
      platform: 'node',
      jsx: 'automatic',
      define: { 'process.env.NODE_ENV': '"production"' },
      // Packages in the form of CommonJS require modules of Node.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
      },
      logLevel: 'warning',
    })
    const program = `${globals}
      const { renderFrames } = await import(${JSON.stringify(pathToFileURL(file).href)})
      const frames = {}
      for (const language of ${JSON.stringify(languages)}) frames[language] = await renderFrames(language)
      process.stdout.write(JSON.stringify(frames), () => process.exit())`
    const words = ['--input-type=module', '--eval', program]
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`The frames of the keys page: ${stderr}`)
    return JSON.parse(stdout)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
