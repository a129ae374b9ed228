import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { readWebFiles } from '../../src/web/files.ts'
import { temporaryFolder } from '../support/server-process.ts'

const text = (content: Uint8Array | null) => content && Buffer.from(content).toString()

it('serves the document and the assets that were there at the start after a build replaced them', async () => {
  const folder = temporaryFolder()
  const write = (build: string) => {
    mkdirSync(`${folder}/documents`, { recursive: true })
    mkdirSync(`${folder}/assets`, { recursive: true })
    writeFileSync(`${folder}/documents/list.en.html`, `<script src="./assets/start-${build}.js">`)
    writeFileSync(`${folder}/assets/start-${build}.js`, build)
  }
  write('first')
  const files = readWebFiles(pathToFileURL(`${folder}/`))
  expect(await files.page('documents/list.en')).toContain('start-first.js')
  rmSync(`${folder}/assets`, { recursive: true })
  write('second')
  expect(await files.page('documents/list.en')).toContain('start-first.js')
  expect(text(await files.asset('start-first.js'))).toBe('first')
  expect(await files.asset('start-second.js')).toBeNull()
  expect(await files.asset('../documents/list.en.html')).toBeNull()
  rmSync(folder, { recursive: true })
})

it('reports files that are not there when a page is asked for', async () => {
  const files = readWebFiles(new URL('file:///nowhere/'))
  await expect(files.page()).rejects.toThrow('ENOENT')
})
