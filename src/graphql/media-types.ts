export const responseMediaTypes = ['application/json', 'application/graphql-response+json'] as const

/** A media type of GraphQL answers (GraphQL over HTTP §6.1). */
export type ResponseMediaType = (typeof responseMediaTypes)[number]

interface Range {
  readonly name: string
  /** 0 to 1. */
  readonly quality: number
}

/** Cached results: clients use few different values of `Accept`. */
const negotiated = new Map<string, ResponseMediaType | null>()
const maxNegotiated = 100

/**
 * Negotiates the media type of an answer by an `Accept` header (RFC 9110 §12.5.1). It prefers the type of
 * the higher quality, then the type that is named exactly, then the type that is named first. The default
 * is `application/json`, also without a header. `null`: the header accepts neither type.
 */
export function acceptedMediaType(accept: string | null): ResponseMediaType | null {
  if (accept === null || accept === '') return 'application/json'
  let type = negotiated.get(accept)
  if (type === undefined) {
    type = negotiate(accept)
    if (negotiated.size < maxNegotiated && accept.length < 500) negotiated.set(accept, type)
  }
  return type
}

function negotiate(accept: string): ResponseMediaType | null {
  const ranges = accept
    .split(',')
    .map(readRange)
    .filter((range) => range !== null)
  const [best] = responseMediaTypes
    .map((type, order) => ({ type, order, ...preference(type, ranges) }))
    .filter(({ quality }) => quality > 0)
    .sort(
      (a, b) =>
        b.quality - a.quality ||
        b.precedence - a.precedence ||
        (a.precedence === exactName ? a.place - b.place : a.order - b.order),
    )
  return best?.type ?? null
}

const exactName = 2

/** Finds the most specific range that matches `type`. */
function preference(type: ResponseMediaType, ranges: readonly Range[]) {
  for (const [precedence, name] of [
    [exactName, type],
    [1, 'application/*'],
    [0, '*/*'],
  ] as const) {
    const place = ranges.findIndex((range) => range.name === name)
    if (place >= 0) return { quality: ranges[place]?.quality ?? 0, precedence, place }
  }
  return { quality: 0, precedence: 0, place: 0 }
}

/** Parses a media range. Returns `null` if it requires a charset other than UTF-8 (RFC 8259 §8.1). */
function readRange(text: string): Range | null {
  const [name = '', ...parameters] = text.toLowerCase().replaceAll(/\s/g, '').split(';')
  let quality = 1
  for (const parameter of parameters) {
    if (/^charset=(?!"?utf-8"?$)/.test(parameter)) return null
    if (/^q=(0(\.\d*)?|1(\.0*)?)$/.test(parameter)) quality = Number(parameter.slice(2))
  }
  return { name, quality }
}
