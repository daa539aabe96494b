import { Command } from 'commander';
import { Complaint } from './complaint.ts';

/** Every verb with what may follow it: `targets` → `add list … --json`. */
const wordsOf = (command: Command, path: readonly string[] = []): [path: string, words: string][] => {
  const words = [
    ...command.commands.map(each => each.name()),
    ...command.options.map(({ long }) => long ?? ''),
    ...(path.length === 0 ? ['help'] : ['--help']),
  ];
  return [
    [path.join(' '), words.filter(word => word !== '').join(' ')],
    ...command.commands.flatMap(each => wordsOf(each, [...path, each.name()])),
  ];
};

/** The verbs typed so far, options and their values left out, choose the words. */
const scripts: Readonly<Record<string, (table: readonly [string, string][]) => string>> = {
  bash: table => `_sluice() {
  local path="" word at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    [[ "$word" == --stack ]] && { ((at++)); continue; }
    [[ "$word" == -* ]] && continue
    case "$path $word" in
${table
  .filter(([path]) => path !== '')
  .map(([path]) => `      "${path.includes(' ') ? path : ` ${path}`}") path="${path}" ;;`)
  .join('\n')}
    esac
  done
  case "$path" in
${table.map(([path, words]) => `    "${path}") COMPREPLY=($(compgen -W "${words}" -- "\${COMP_WORDS[COMP_CWORD]}")) ;;`).join('\n')}
  esac
}
complete -o default -F _sluice sluice
`,
  zsh: table => `autoload -U +X bashcompinit && bashcompinit\n${scripts['bash']!(table)}`,
  fish: table =>
    `${table
      .map(([path, words]) => {
        const verbs = path.split(' ').filter(word => word !== '');
        const when =
          verbs.length === 0
            ? '__fish_use_subcommand'
            : verbs.map(verb => `__fish_seen_subcommand_from ${verb}`).join('; and ');
        return `complete -c sluice -n '${when}' -a '${words}'`;
      })
      .join('\n')}\n`,
};

export const completionCommand = (program: Command): Command =>
  new Command('completion')
    .argument('<shell>', Object.keys(scripts).join(', '))
    .description('print what completes these commands in your shell')
    .addHelpText('after', '\nExample:\n  sluice completion bash >> ~/.bashrc')
    .action((shell: string) => {
      const script = scripts[shell];
      if (script === undefined) throw new Complaint(`completion is there for bash, zsh and fish, found ${shell}`);
      process.stdout.write(script(wordsOf(program)));
    });
