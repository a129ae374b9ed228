import './styles/main.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { chooseLanguage } from './messages/current.ts'

const container = document.getElementById('root')
if (container === null) throw new Error('The page is incomplete.')

await chooseLanguage(navigator.languages)
createRoot(container).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
