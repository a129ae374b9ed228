import type { CredentialCarrier } from '../credentials/presented-credential.ts'

/**
 * A carrier that reads headers only, for endpoints whose query parameters have another meaning. It has no
 * method, so no session counts there.
 */
export class HeaderCarrier implements CredentialCarrier {
  readonly #request: Pick<CredentialCarrier, 'header' | 'clientAddress'>

  constructor(request: Pick<CredentialCarrier, 'header' | 'clientAddress'>) {
    this.#request = request
  }

  header(name: string): string | null {
    return this.#request.header(name)
  }

  clientAddress(): string | null {
    return this.#request.clientAddress?.() ?? null
  }

  queryParameters(): readonly string[] {
    return none
  }
}

const none: readonly string[] = []
