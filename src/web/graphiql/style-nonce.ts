/**
 * Gives each `<style>` element that a library creates the nonce of the page. Otherwise the policy of the page
 * blocks it: the editor writes its colours and sizes into such elements, and has no setting for a nonce.
 */
export function addNonceToStyles(nonce: string): void {
  const create = document.createElement
  document.createElement = function (this: Document, ...call: Parameters<typeof create>) {
    const element = create.apply(this, call)
    if (element instanceof HTMLStyleElement) element.nonce = nonce
    return element
  } as typeof create
}
