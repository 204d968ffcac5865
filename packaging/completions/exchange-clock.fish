# Completions of exchange-clock for fish.

function __exchange_clock_ids
    exchange-clock status --json 2>/dev/null | string match -ra '"exchange":"[^"]*"' \
        | string split -f 4 '"' | sort -u
end

set -l verbs status watch now stamp offset wait resync report probe history metrics diagnose exchanges check-config help version

complete -c exchange-clock -f
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a status -d 'all exchanges in a table'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a watch -d 'all exchanges, live'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a now -d 'what time an exchange has'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a stamp -d 'the timestamp that a request should carry'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a offset -d "all that is known of an exchange's clock"
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a wait -d 'until exchanges are synchronized'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a resync -d 'measure again now'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a report -d 'why an exchange refused a request'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a probe -d 'measure here and now, without a daemon'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a history -d 'the last weeks'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a metrics -d 'for Prometheus'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a diagnose -d 'whose clock is wrong, or which path is bad'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a exchanges -d 'the catalogue'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a check-config -d 'list the problems of a configuration'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a help -d 'show all commands'
complete -c exchange-clock -n "not __fish_seen_subcommand_from $verbs" -a version -d 'show the version'

complete -c exchange-clock -l json -d "the daemon's answer as JSON"
complete -c exchange-clock -l socket -rF -d "the daemon's socket"
complete -c exchange-clock -l help -d 'show all commands'
complete -c exchange-clock -l version -d 'show the version'
complete -c exchange-clock -n '__fish_seen_subcommand_from now' -l max-error-ms -x -d 'refuse an answer that is less sure'
complete -c exchange-clock -n '__fish_seen_subcommand_from stamp' -l recv-window-ms -x -d 'the window of the request'
complete -c exchange-clock -n '__fish_seen_subcommand_from wait' -l timeout -x -d 'such as 60s'
complete -c exchange-clock -n '__fish_seen_subcommand_from wait' -l ready -d 'as the configuration demands'
complete -c exchange-clock -n '__fish_seen_subcommand_from check-config' -l running -d 'the file that the daemon reads'
complete -c exchange-clock -n '__fish_seen_subcommand_from resync' -l accept-step -d 'believe a jump beyond max_step'
complete -c exchange-clock -n '__fish_seen_subcommand_from exchanges' -l markdown -d 'as a page'
complete -c exchange-clock -n '__fish_seen_subcommand_from stamp' -l lifetime-ms -x -d 'how far ahead, where it is an expiry'
complete -c exchange-clock -n '__fish_seen_subcommand_from report' -l message -x -d 'the message, or the whole body'
complete -c exchange-clock -n '__fish_seen_subcommand_from report' -l http-status -x -d 'of it'
complete -c exchange-clock -n '__fish_seen_subcommand_from report' -l timestamp -x -d 'that was refused'
complete -c exchange-clock -n '__fish_seen_subcommand_from report' -l recv-window -x -d 'that the request asked for'
complete -c exchange-clock -n '__fish_seen_subcommand_from probe' -l samples -x -d 'how many'
complete -c exchange-clock -n '__fish_seen_subcommand_from probe' -l timeout -x -d 'of one'
complete -c exchange-clock -n '__fish_seen_subcommand_from probe' -l base-url -x -d 'where'
complete -c exchange-clock -n '__fish_seen_subcommand_from probe' -l ca-file -rF -d 'PEM'
complete -c exchange-clock -n '__fish_seen_subcommand_from probe' -l proxy -x -d 'through'
complete -c exchange-clock -n '__fish_seen_subcommand_from probe' -l config -rF -d 'where it is set up'
complete -c exchange-clock -n '__fish_seen_subcommand_from probe' -l time -x -d 'where the answer holds it'
complete -c exchange-clock -n '__fish_seen_subcommand_from probe' -l unit -xa 's ms us ns iso8601' -d 'of the time'
complete -c exchange-clock -n '__fish_seen_subcommand_from history' -l since -x -d 'such as 7d'
complete -c exchange-clock -n '__fish_seen_subcommand_from history' -l csv  -d 'as CSV'
complete -c exchange-clock -n '__fish_seen_subcommand_from history' -l plot -rF -d 'as SVG'
complete -c exchange-clock -n '__fish_seen_subcommand_from metrics' -l format -xa 'openmetrics prometheus' -d 'of the text'
complete -c exchange-clock -n '__fish_seen_subcommand_from now stamp offset wait resync report probe history diagnose' -a '(__exchange_clock_ids)'
complete -c exchange-clock -n '__fish_seen_subcommand_from check-config' -F
