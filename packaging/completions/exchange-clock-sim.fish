# Completions of exchange-clock-sim for fish.

complete -c exchange-clock-sim -f
complete -c exchange-clock-sim -n 'not __fish_seen_subcommand_from run set status' -a run -d 'start simulated exchanges'
complete -c exchange-clock-sim -n 'not __fish_seen_subcommand_from run set status' -a set -d 'change conditions'
complete -c exchange-clock-sim -n 'not __fish_seen_subcommand_from run set status' -a status -d 'show conditions'
complete -c exchange-clock-sim -n 'not __fish_seen_subcommand_from run set status' -a exchanges -d 'which timestamps each one accepts'
complete -c exchange-clock-sim -l help -d 'show all commands'
complete -c exchange-clock-sim -l version -d 'show the version'
complete -c exchange-clock-sim -n '__fish_seen_subcommand_from run' -l exchange -xa '(exchange-clock-sim exchanges 2>/dev/null | string match -rg "^([a-z0-9_-]+) ")' -d 'simulate this one'
complete -c exchange-clock-sim -n '__fish_seen_subcommand_from run status' -l json -d 'as JSON'
complete -c exchange-clock-sim -n '__fish_seen_subcommand_from run' -l port-file -rF -d 'write the URLs'
complete -c exchange-clock-sim -n '__fish_seen_subcommand_from run' -l control-port -x -d 'of the control endpoint'
complete -c exchange-clock-sim -n '__fish_seen_subcommand_from run' -l tls-cert -rF -d PEM
complete -c exchange-clock-sim -n '__fish_seen_subcommand_from run' -l tls-key -rF -d PEM
complete -c exchange-clock-sim -n '__fish_seen_subcommand_from run' -l seed -x -d 'makes the jitter repeatable'
complete -c exchange-clock-sim -n '__fish_seen_subcommand_from set status' -l control -x -d 'of the simulator'
