enum Help {
  static let text = """
    usage: exchange-clock COMMAND [--json] [--socket PATH]

    Asks exchange-clockd what time every exchange believes it is.

      status               all exchanges in a table
      watch                the same, live, with error bars and the last day; when piped,
                           a line for each change
      now X                what time exchange X has, and how sure that is
      stamp X              the timestamp that a request to X should carry now; on standard error,
                             why its acceptance is not guaranteed, where it is not
                             --recv-window-ms N   the window the request will ask for
                             --lifetime-ms N      how far ahead, where it is an expiry
      offset X             all that is known of X's clock
                             (positive: the exchange is ahead of this host)
      wait [X...]          until they, or all, are synchronized
                             --timeout 60s
                             --ready   until as much is known as ready.when of the
                                       daemon's configuration demands
      resync [X]           measure X, or all, again now
                             --accept-step   believe a jump beyond max_step (as root)
      report X [CODE]      why X refused a request, and what to do; at least one of CODE and
                             --message TEXT       the message, or the whole body
                             --http-status N      must be given; these make it surer:
                             --timestamp T        the timestamp that was refused
                             --recv-window MS     the window that the request asked for
      probe X|URL          measure here and now, without a daemon, sample by sample
                             --samples 8  --timeout 5s  --base-url URL  --ca-file FILE
                             --proxy URL  --config FILE   where X is set up otherwise
                             --time POINTER|header:NAME  --unit s|ms|us|ns|iso8601   of a URL
      history X            the last weeks: offset, bound, drift, round trip, what happened
                             --since 7d  --csv  --plot FILE.svg
                             (samples 8-1: 8 agree, 1 was rejected)
      metrics              in OpenMetrics (exchange-clock-exporter serves them over HTTP)
                             --format openmetrics|prometheus
      diagnose [X]         whose clock is wrong, or which path is bad
                             (exit 0: all fine, 1: something is wrong or unknown)
      exchanges            the catalogue
                             --markdown   as a page; needs no daemon
      check-config [FILE]  read a configuration and list its problems
                             (default /etc/exchange-clock/exchange-clock.toml)
                             --running   the file that the daemon reads

      now X --max-error-ms N    refuse an answer that is less sure than this
      --json               the daemon's answer as JSON on one line
      --socket PATH        the daemon's socket (default $EXCHANGE_CLOCK_SOCKET, else
                           /run/exchange-clock/exchange-clock.sock)
      --help, --version

    exit codes: 0 done, 1 refused by the daemon, timed out, something is wrong
                (diagnose), or the refusal is not known (report), 2 cannot happen
                (wait), 64 bad usage, 69 no daemon, 74 cannot print, 78 bad
                configuration
    """
}
