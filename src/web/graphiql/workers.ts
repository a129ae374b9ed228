/** Lets the editor start its workers from our own files. `urls` are relative to the page. */
export function startWorkersFrom(urls: DOMStringMap): void {
  const byLanguage: Record<string, string | undefined> = {
    json: urls.jsonWorker,
    graphql: urls.graphqlWorker,
  }
  Object.assign(globalThis, {
    MonacoEnvironment: {
      getWorker: (_id: string, language: string) =>
        new Worker(byLanguage[language] ?? urls.editorWorker ?? '', { type: 'module' }),
    },
  })
}
