// Applies the theme that the person chose before the first paint.
try {
  const chosen = localStorage.getItem('latchkey-theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen
} catch {
  // A browser that forbids storage uses the theme of the system.
}
