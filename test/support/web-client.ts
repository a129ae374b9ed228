interface Cookie {
  readonly value: string
  readonly attributes: string
}

interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: each test expects its own shape
  readonly body: any
}

/** Keeps cookies and follows redirects as a browser does. */
export class WebClient {
  readonly #jars = new Map<string, Map<string, Cookie>>()

  /** Returns the cookies of a host, by name. */
  cookies(url: string): Map<string, Cookie> {
    const { host } = new URL(url)
    const jar = this.#jars.get(host) ?? new Map<string, Cookie>()
    this.#jars.set(host, jar)
    return jar
  }

  /**
   * Opens a URL as a link does, and follows redirects.
   *
   * @param isCrossSite whether another site has the link. Once a redirect leaves the host, everything after it
   *   is cross-site, so that no Strict cookie is sent
   */
  async open(
    url: string,
    { isCrossSite = false, stopAt }: { isCrossSite?: boolean; stopAt?: RegExp } = {},
  ): Promise<{ readonly url: string; readonly response: Response; readonly visited: string[] }> {
    let at = url
    let cross = isCrossSite
    const visited: string[] = []
    for (let redirects = 0; redirects < 20; redirects++) {
      visited.push(at)
      const response = await fetch(at, {
        redirect: 'manual',
        headers: { accept: 'text/html', ...this.#cookieHeader(at, cross) },
      })
      this.#store(at, response)
      const location = response.headers.get('location')
      if (location === null) return { url: at, response, visited }
      const next = new URL(location, at).href
      if (stopAt?.test(next)) return { url: next, response, visited }
      if (new URL(next).host !== new URL(at).host) cross = true
      await response.body?.cancel()
      at = next
    }
    throw new Error(`Too many redirects: ${visited.join(' -> ')}`)
  }

  /** Sends JSON as a script of the page at the same origin does. */
  async post(
    url: string,
    body: object = {},
    headers: Record<string, string> = {},
  ): Promise<JsonAnswer> {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        origin: new URL(url).origin,
        ...this.#cookieHeader(url, false),
        ...headers,
      },
      body: JSON.stringify(body),
    })
    this.#store(url, response)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? JSON.parse(text) : text,
    }
  }

  #cookieHeader(url: string, isCrossSite: boolean): Record<string, string> {
    const sent = [...this.cookies(url)].filter(
      ([, { attributes }]) => !isCrossSite || !/samesite=strict/i.test(attributes),
    )
    if (sent.length === 0) return {}
    return { cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; ') }
  }

  #store(url: string, response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = '', attributes = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? []
      if (/max-age=0\b|expires=Thu, 01 Jan 1970/i.test(attributes)) this.cookies(url).delete(name)
      else this.cookies(url).set(name, { value, attributes })
    }
  }
}
