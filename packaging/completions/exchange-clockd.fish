# Completions of exchange-clockd for fish.

complete -c exchange-clockd -f
complete -c exchange-clockd -l config -rF -d 'the configuration'
complete -c exchange-clockd -l socket -rF -d 'where to serve'
complete -c exchange-clockd -l page -rF -d 'the shared page'
complete -c exchange-clockd -l state -rF -d 'the state file'
complete -c exchange-clockd -l help -d 'show the options'
complete -c exchange-clockd -l version -d 'show the version'
