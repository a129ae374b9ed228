import type { PageConfiguration } from '../page-configuration.ts'

/** The settings that the server has written into the page. */
export const configuration: PageConfiguration = JSON.parse(
  document.getElementById('configuration')?.textContent ?? '{}',
)

/** The path of the page without a slash at the end, such as `/keys`. */
export const basePath = new URL(document.baseURI).pathname.replace(/\/$/, '')

/** Returns the URL of a path below the page. */
export function urlOf(path: string): string {
  return new URL(path, document.baseURI).href
}
