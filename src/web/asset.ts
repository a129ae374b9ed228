import { problemResponse } from '../problem-response.ts'
import type { WebFiles } from './files.ts'

const mediaTypes: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
}

/**
 * Answers with a file that a page loads. It is compressed if the browser accepts Brotli and the build has
 * compressed the file.
 */
export async function webAsset(
  files: WebFiles,
  name: string,
  acceptEncoding: string | null,
): Promise<Response> {
  const compressed = acceptsBrotli(acceptEncoding) ? await files.asset(`${name}.br`) : null
  const content = compressed ?? (await files.asset(name))
  if (content === null) return problemResponse(404, 'There is no such file.', {})
  return new Response(content, {
    headers: {
      'content-type': mediaTypes[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
      // The names of the files change with their content.
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
      ...(compressed !== null && { 'content-encoding': 'br' }),
    },
  })
}

/** Browsers send no quality with it. */
function acceptsBrotli(acceptEncoding: string | null): boolean {
  return acceptEncoding?.split(',').some((coding) => coding.trim() === 'br') === true
}
