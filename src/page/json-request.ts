import { fetchRequest } from '../http/fetch-request.ts'
import { problem } from '../http/problem.ts'
import { readTextBody } from '../http/text-body.ts'
import { isObject, parseJson } from '../json.ts'

/** The largest body of a request, in bytes. */
const maxBodySize = 4096

/** Reads the JSON object in the body of a request. Returns the answer of an error if there is none. */
export async function readJsonObject(shown: Request): Promise<Record<string, unknown> | Response> {
  const text = await readTextBody(fetchRequest(shown), 'application/json', maxBodySize)
  if (text instanceof Response) return text
  const body = parseJson(text)
  return isObject(body) ? body : problem(400, { detail: 'Send a JSON object.' })
}

/** Makes an answer for the person who is signed in. */
export function personal(body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, {
    headers: { 'cache-control': 'no-store', vary: 'Cookie', ...headers },
  })
}
