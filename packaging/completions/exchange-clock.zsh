#compdef exchange-clock exchange-clock-sim exchange-clockd exchange-clock-exporter

# The exchanges that the daemon follows; none where it does not answer.
_exchange-clock-ids() {
  local -a ids
  ids=(${(f)"$(exchange-clock status --json 2>/dev/null | grep -o '"exchange":"[^"]*"' \
    | cut -d '"' -f 4 | sort -u)"})
  compadd -a ids
}

_exchange-clock-tool() {
  local -a verbs options
  verbs=(
    'status:all exchanges in a table'
    'watch:all exchanges, live'
    'now:what time an exchange has'
    'stamp:the timestamp that a request should carry'
    "offset:all that is known of an exchange's clock"
    'wait:until exchanges are synchronized'
    'resync:measure again now'
    'report:why an exchange refused a request'
    'probe:measure here and now, without a daemon'
    'history:the last weeks'
    'metrics:for Prometheus'
    'diagnose:whose clock is wrong, or which path is bad'
    'exchanges:the catalogue'
    'check-config:list the problems of a configuration'
    'help:show all commands'
    'version:show the version'
  )
  options=(
    "--json[the daemon's answer as JSON]"
    "--socket[the daemon's socket]:socket:_files"
    '--help[show all commands]'
    '--version[show the version]'
  )
  local verb=${${words[2,CURRENT-1]:#-*}[1]}
  case $verb in
    now) options+=('--max-error-ms[refuse an answer that is less sure]:milliseconds:') ;;
    stamp)
      options+=('--recv-window-ms[the window of the request]:milliseconds:'
        '--lifetime-ms[how far ahead, where it is an expiry]:milliseconds:') ;;
    report)
      options+=('--message[the message, or the whole body]:text:' '--http-status[of it]:number:'
        '--timestamp[that was refused]:timestamp:'
        '--recv-window[that the request asked for]:milliseconds:') ;;
    probe)
      options+=('--samples[how many]:number:' '--timeout[of one]:duration:' '--base-url[where]:URL:'
        '--ca-file[PEM]:file:_files' '--proxy[through]:URL:' '--config[where it is set up]:file:_files'
        '--time[where the answer holds it]:pointer:' '--unit[of the time]:unit:(s ms us ns iso8601)') ;;
    history)
      options+=('--since[such as 7d]:duration:' '--csv[as CSV]' '--plot[as SVG]:file:_files') ;;
    metrics) options+=('--format[of the text]:format:(openmetrics prometheus)') ;;
    wait)
      options+=('--timeout[such as 60s]:duration:' '--ready[as the configuration demands]') ;;
    check-config) options+=('--running[the file that the daemon reads]') ;;
    resync) options+=('--accept-step[believe a jump beyond max_step]') ;;
    exchanges) options+=('--markdown[as a page]') ;;
  esac
  case $verb in
    now|stamp|offset|wait|resync|report|probe|history|diagnose)
      _arguments $options '1:command:' '*:exchange:_exchange-clock-ids' ;;
    check-config) _arguments $options '1:command:' '2:file:_files' ;;
    '') _arguments $options '1:command:->verb' && return
      _describe command verbs ;;
    *) _arguments $options '1:command:' ;;
  esac
}

_exchange-clock-sim-ids() {
  local -a ids
  ids=(${(f)"$(exchange-clock-sim exchanges 2>/dev/null | sed -n '2,$s/ .*//p')"})
  compadd -a ids
}

_exchange-clock-sim() {
  case $words[2] in
    run)
      _arguments '1:command:' \
        '*--exchange[simulate this one]:exchange:_exchange-clock-sim-ids' \
        '--json[print the URLs as JSON]' '--port-file[write the URLs]:file:_files' \
        '--control-port[of the control endpoint]:port:' \
        '--tls-cert[PEM]:file:_files' '--tls-key[PEM]:file:_files' \
        '--seed[makes the jitter repeatable]:number:' '--help[show all commands]' ;;
    set) _arguments '1:command:' '--control[of the simulator]:URL:' '--help[show all commands]' ;;
    status)
      _arguments '1:command:' '--control[of the simulator]:URL:' '--json[as JSON]' \
        '--help[show all commands]' ;;
    *)
      local -a verbs
      verbs=('run:start simulated exchanges' 'set:change conditions' 'status:show conditions'
        'exchanges:which timestamps each one accepts')
      _arguments '--help[show all commands]' '--version[show the version]' '1:command:->verb' \
        && return
      _describe command verbs ;;
  esac
}

_exchange-clockd() {
  _arguments '--config[the configuration]:file:_files' '--socket[where to serve]:socket:_files' \
    '--page[the shared page]:file:_files' '--state[the state file]:file:_files' \
    '--help[show the options]' '--version[show the version]'
}

_exchange-clock-exporter() {
  _arguments '--listen[where to serve]:address:' "--socket[the daemon's socket]:socket:_files" \
    '--help[show the options]' '--version[show the version]'
}

case $service in
  exchange-clock) _exchange-clock-tool "$@" ;;
  exchange-clock-sim) _exchange-clock-sim "$@" ;;
  exchange-clockd) _exchange-clockd "$@" ;;
  exchange-clock-exporter) _exchange-clock-exporter "$@" ;;
esac
