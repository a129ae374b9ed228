import type { Command } from 'commander'

/** Adds `help [command...]`. The `help` of Commander reads one name, and so prints the help of `keys` for `help keys rotate`. */
export function addHelp(program: Command): void {
  program
    .command('help [command...]')
    .description('display help for command')
    .action((names: readonly string[]) => {
      names.reduce(subcommand, program).help()
    })
}

function subcommand(parent: Command, name: string): Command {
  const found = parent.commands.find((command) => command.name() === name)
  return found ?? parent.error(`error: unknown command '${name}'`)
}
