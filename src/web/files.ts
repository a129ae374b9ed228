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

const filesByName = new Map<string, WebFiles>()

/** Returns the files of `dist/web/<name>`. A process reads them once. */
export function webFiles(name: string): WebFiles {
  const known = filesByName.get(name)
  if (known !== undefined) return known
  const files = readWebFiles(new URL(`${name}/`, folder))
  filesByName.set(name, files)
  return files
}

/**
 * Reads all files of a page at once and keeps them. A build may later replace them while the server runs: its
 * documents would then name assets that the server does not know, and the assets of its own documents are removed.
 *
 * @param home URL of the folder, with a slash at its end
 */
export function readWebFiles(home: URL): WebFiles {
  const contents = readAll(home)
  // Each request reports the error.
  contents.catch(() => {})
  return {
    async page(document = 'index') {
      const content = (await contents).get(`${document}.html`)
      if (content === undefined) throw new Error(`The build has no document ${document}.`)
      return new TextDecoder().decode(content)
    },
    asset: async (name) => (await contents).get(`assets/${name}`) ?? null,
  }
}

async function readAll(home: URL): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const names = await readdir(home, { recursive: true })
  const files = names.filter((name) => /\.\w+$/.test(name))
  const read = async (name: string) =>
    [name.replaceAll('\\', '/'), new Uint8Array(await readFile(new URL(name, home)))] as const
  return new Map(await Promise.all(files.map(read)))
}
