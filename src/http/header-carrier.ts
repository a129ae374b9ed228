import type { CredentialCarrier } from '../credentials/presented-credential.ts'

/** Carries the credentials in headers alone, for endpoints that give the query another meaning. */
export class HeaderCarrier implements CredentialCarrier {
  readonly #request: Pick<CredentialCarrier, 'header'>

  constructor(request: Pick<CredentialCarrier, 'header'>) {
    this.#request = request
  }

  header(name: string): string | null {
    return this.#request.header(name)
  }

  queryParameters(): readonly string[] {
    return none
  }
}

const none: readonly string[] = []
