# Completions of exchange-clock-exporter for fish.

complete -c exchange-clock-exporter -f
complete -c exchange-clock-exporter -l listen -x -d 'where to serve'
complete -c exchange-clock-exporter -l socket -rF -d "the daemon's socket"
complete -c exchange-clock-exporter -l help -d 'show the options'
complete -c exchange-clock-exporter -l version -d 'show the version'
