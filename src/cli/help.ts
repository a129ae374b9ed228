import type { Command } from 'commander'

/**
 * Adds `help [command...]` to a command and those of its subcommands that have subcommands. The `help` of Commander reads
 * one name, and prints the help of the parent for an unknown one.
 */
export function addHelp(command: Command): void {
  const groups = command.commands.filter(({ commands }) => commands.length > 0)
  for (const group of groups) addHelp(group)
  command
    .helpCommand(false)
    .command('help [command...]')
    .description('display help for command')
    .action((names: readonly string[]) => {
      names.reduce(subcommand, command).help()
    })
}

function subcommand(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name)
  return found ?? parent.error(`error: unknown command '${name}'`)
}
