import { Monitor, Moon, Sun } from 'lucide-react'
import { Menu } from '../kit/menu.tsx'
import { m } from '../messages/current.ts'
import { chooseTheme, useTheme } from '../theme/theme.ts'

const icons = { system: Monitor, light: Sun, dark: Moon }
const themes = ['system', 'light', 'dark'] as const

export function ThemeMenu() {
  const theme = useTheme()
  const Icon = icons[theme]
  return (
    <Menu
      label={m.theme.label}
      icon={<Icon aria-hidden />}
      actions={themes.map((id) => {
        const ItemIcon = icons[id]
        return {
          id,
          label: m.theme[id],
          icon: <ItemIcon aria-hidden />,
          isChosen: id === theme,
          onAction: () => chooseTheme(id),
        }
      })}
    />
  )
}
