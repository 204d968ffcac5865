# Completions of exchange-clock, exchange-clock-sim, exchange-clockd and exchange-clock-exporter for bash.

# The paths that begin so; readline ends those of directories with a slash, and quotes blanks.
_exchange_clock_files() {
  compopt -o filenames
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# The exchanges that the daemon follows; none where it does not answer.
_exchange_clock_ids() {
  exchange-clock status --json 2>/dev/null | grep -o '"exchange":"[^"]*"' | cut -d '"' -f 4 | sort -u
}

_exchange_clock() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} verb='' index
  local verbs='status watch now stamp offset wait resync report probe history metrics diagnose
    exchanges check-config help version'
  for ((index = 1; index < COMP_CWORD; index++)); do
    case ${COMP_WORDS[index]} in
      --socket | --timeout | --recv-window-ms | --lifetime-ms | --max-error-ms | --message \
        | --http-status | --timestamp | --recv-window | --plot | --since | --format | --samples \
        | --base-url | --ca-file | --proxy | --time | --unit | --config) ((index++)) ;;
      -*) ;;
      *) verb=${COMP_WORDS[index]}; break ;;
    esac
  done
  COMPREPLY=()
  case $previous in
    --socket | --plot | --ca-file | --config) _exchange_clock_files "$word"; return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'openmetrics prometheus' -- "$word"); return ;;
    --unit) mapfile -t COMPREPLY < <(compgen -W 's ms us ns iso8601' -- "$word"); return ;;
    --timeout | --recv-window-ms | --lifetime-ms | --max-error-ms | --message | --http-status \
      | --timestamp | --recv-window | --since | --samples | --base-url | --proxy | --time) return ;;
  esac
  local words='--json --socket --help --version'
  case $verb in
    '') words="$verbs $words" ;;
    now) words="$words --max-error-ms" ;;
    stamp) words="$words --recv-window-ms --lifetime-ms" ;;
    report) words="$words --message --http-status --timestamp --recv-window" ;;
    probe)
      words="$words --samples --timeout --base-url --ca-file --proxy --config --time --unit" ;;
    history) words="$words --since --csv --plot" ;;
    metrics) words="$words --format" ;;
    wait) words="$words --timeout --ready" ;;
    check-config) words="$words --running" ;;
    resync) words="$words --accept-step" ;;
    exchanges) words="$words --markdown" ;;
  esac
  if [[ $word != -* ]]; then
    case $verb in
      now | stamp | offset | wait | resync | report | probe | history | diagnose) words=$(_exchange_clock_ids) ;;
      check-config) _exchange_clock_files "$word"; return ;;
      '') words=$verbs ;;
      *) return ;;
    esac
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

_exchange_clock_sim_ids() {
  exchange-clock-sim exchanges 2>/dev/null | sed -n '2,$s/ .*//p'
}

_exchange_clock_sim() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} words=''
  COMPREPLY=()
  case $previous in
    --port-file | --tls-cert | --tls-key)
      _exchange_clock_files "$word"; return ;;
    --exchange) words=$(_exchange_clock_sim_ids) ;;
    --control | --control-port | --seed) return ;;
    *)
      case ${COMP_WORDS[1]} in
        run)
          words='--exchange --json --port-file --control-port --tls-cert --tls-key --seed --help' ;;
        set) words='--control --help' ;;
        status) words='--control --json --help' ;;
        *) [[ $COMP_CWORD -eq 1 ]] && words='run set status exchanges --help --version' ;;
      esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

_exchange_clockd() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  case $previous in
    --config | --socket | --page | --state) _exchange_clock_files "$word" ;;
    *)
      mapfile -t COMPREPLY < <(
        compgen -W '--config --socket --page --state --help --version' -- "$word") ;;
  esac
}

complete -F _exchange_clock exchange-clock
complete -F _exchange_clock_sim exchange-clock-sim
_exchange_clock_exporter() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  case $previous in
    --socket) _exchange_clock_files "$word" ;;
    --listen) ;;
    *) mapfile -t COMPREPLY < <(compgen -W '--listen --socket --help --version' -- "$word") ;;
  esac
}

complete -F _exchange_clockd exchange-clockd
complete -F _exchange_clock_exporter exchange-clock-exporter
