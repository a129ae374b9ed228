export const responseMediaTypes = ['application/json', 'application/graphql-response+json'] as const

/** What a GraphQL answer can be (GraphQL over HTTP §6.1). */
export type ResponseMediaType = (typeof responseMediaTypes)[number]

interface Range {
  readonly name: string
  /** 0 to 1. */
  readonly quality: number
}

/** Clients send few different ones, each with every request. */
const negotiated = new Map<string, ResponseMediaType | null>()
const maxNegotiated = 100

/**
 * The media type that an `Accept` header asks for (RFC 9110 §12.5.1): of the two the one of the higher
 * quality, else the one that it names, else the one that it names first; `application/json` where it
 * cannot tell them apart or is not sent. `null`: it accepts neither.
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

/** By the most specific range that covers `type`. */
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

/** `null` for one that asks for another encoding than that of JSON (RFC 8259 §8.1). */
function readRange(text: string): Range | null {
  const [name = '', ...parameters] = text.toLowerCase().replaceAll(/\s/g, '').split(';')
  let quality = 1
  for (const parameter of parameters) {
    if (/^charset=(?!"?utf-8"?$)/.test(parameter)) return null
    if (/^q=(0(\.\d*)?|1(\.0*)?)$/.test(parameter)) quality = Number(parameter.slice(2))
  }
  return { name, quality }
}
