import { useEffect, useState } from 'react'
import { useClient } from 'urql'
import { analyse, type DocumentAnalysis } from './operations.ts'

/** The analysis of a document, when the person pauses, or null while it is made; and a function that repeats it. */
export function useAnalysis(document: string): readonly [DocumentAnalysis | null, () => void] {
  const client = useClient()
  const [found, setFound] = useState<{ document: string; analysis: DocumentAnalysis } | null>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    if (document.trim() === '') return undefined
    let isCurrent = true
    const timer = setTimeout(async () => {
      const analysis = await analyse(client, document)
      if (isCurrent) setFound({ document, analysis })
    }, 350)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [client, document, attempt])
  function retry() {
    setFound(null)
    setAttempt(attempt + 1)
  }
  return [found?.document === document ? found.analysis : null, retry]
}
