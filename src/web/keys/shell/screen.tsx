import { type ComponentType, useEffect, useState } from 'react'

/**
 * Makes a component of a module that is loaded when the component is first shown. After `load()` it is shown
 * at once. It throws the error of a module that cannot be loaded.
 *
 * It does not suspend: the subscriptions of wouter to the location would render the screen before it again and
 * again, without a pause in which the module could arrive.
 */
export function lazyScreen<Props extends object>(
  importModule: () => Promise<{ default: ComponentType<Props> }>,
) {
  let loaded: ComponentType<Props> | null = null
  async function load() {
    const module = await importModule()
    loaded = module.default
    return module
  }
  function Screen(props: Props) {
    const [Content, setContent] = useState(() => loaded)
    const [failure, setFailure] = useState<{ readonly cause: unknown } | null>(null)
    useEffect(() => {
      if (Content !== null) return
      load().then(
        (module) => setContent(() => module.default),
        (cause: unknown) => setFailure({ cause }),
      )
    }, [Content])
    if (failure !== null) throw failure.cause
    return Content !== null && <Content {...props} />
  }
  return Object.assign(Screen, { load })
}
