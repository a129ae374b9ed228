import { type ComponentType, lazy, useState } from 'react'

/**
 * Makes a component of a module that is loaded when the component is first shown. After `load()` it is shown
 * at once.
 */
export function lazyScreen<Props extends object>(
  importModule: () => Promise<{ default: ComponentType<Props> }>,
) {
  let loaded: ComponentType<Props> | undefined
  async function load() {
    const module = await importModule()
    loaded = module.default
    return module
  }
  const Lazy = lazy(load)
  function Screen(props: Props) {
    const [Content] = useState<ComponentType<Props>>(() => loaded ?? Lazy)
    return <Content {...props} />
  }
  return Object.assign(Screen, { load })
}
