import { type Command, Option } from 'commander'
import { parseList } from './option-values.ts'

/** `--scopes <scopes>`: scope names separated by commas or spaces. Several such options add up. */
export function scopesOption(description: string): Option {
  return new Option('--scopes <scopes>', description).argParser(parseList)
}

/** Accepts `--scope` as another spelling of the command's `--scopes`. The help shows `--scopes` alone. */
export function acceptScope(command: Command): Command {
  return command
    .addOption(new Option('--scope <scopes>').hideHelp())
    .on('option:scope', (text: string) => {
      const before = command.getOptionValue('scopes') as readonly string[] | undefined
      command.setOptionValueWithSource('scopes', parseList(text, before), 'cli')
    })
}
