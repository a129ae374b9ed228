import { readdir, readFile } from 'node:fs/promises'

/** The files of pages, which the build writes. This path is right in `src`, in `dist` and in `dist/cli`. */
const folder = new URL('../../dist/web/', import.meta.url)

/** The page and the assets of one folder. */
export interface WebFiles {
  /** Returns the HTML of the page, or of the document of that name. */
  page(document?: string): Promise<string>
  /** Returns the content of an asset; `null` if there is none of that name. */
  asset(name: string): Promise<Uint8Array<ArrayBuffer> | null>
}

/** Returns the files of `dist/web/<name>`, which are read when they are first asked for. */
export function webFiles(name: string): WebFiles {
  const home = new URL(`${name}/`, folder)
  const assets = new URL('assets/', home)
  let names: Promise<ReadonlySet<string>> | undefined
  return {
    page: (document = 'index') => readFile(new URL(`${document}.html`, home), 'utf8'),
    async asset(asset) {
      names ??= readdir(assets).then((found) => new Set(found))
      return (await names).has(asset)
        ? new Uint8Array(await readFile(new URL(asset, assets)))
        : null
    },
  }
}
