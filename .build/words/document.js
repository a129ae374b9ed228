import { blank } from './text.js'

/** Returns the prose of a Markdown file: everything except code blocks, comments and the targets of links. */
export function readDocument(text) {
  const prose = [
    /^( *)(```+|~~~+)[^\n]*\n[\s\S]*?^\1?\2[ \t]*$/gm,
    /<!--[\s\S]*?-->/g,
    /(?<=\])\([^)\s]*\)/g,
  ]
  return { prose: [{ kind: 'document', text: prose.reduce(blank, text), start: 0 }] }
}
