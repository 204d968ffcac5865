import ClockCore
import DaemonSettings
import ExchangeCatalog
import TOMLDocument
import Testing

private func lines(_ text: String) -> [String] {
  switch DaemonSettings.read(text, file: "x.toml") {
  case .success: []
  case .failure(let failure): failure.lines
  }
}

@Suite struct DaemonSettingsTests {
  @Test func defaults() throws {
    let settings = try DaemonSettings.read("exchanges.okx = {}", file: "x").get()
    #expect(settings.interval.text == "1h")
    #expect(settings.maxError.text == "100ms")
    #expect(settings.samples == 8)
    #expect(settings.timeout.text == "5s")
    #expect(settings.maxDriftPPM == 100)
    #expect(settings.maxStep.text == "10m")
    #expect(settings.backoffInitial.text == "1s")
    #expect(settings.backoffMax.text == "5m")
    #expect(settings.caFile == nil)
    #expect(settings.proxy == nil)
    #expect(settings.socketPath == nil)
    #expect(settings.socketMode == 0o660)
    #expect(settings.socketGroup == nil)
    #expect(settings.maxClients == 1024)
    #expect(settings.readyWhen == .all)
    let okx = try #require(ExchangeCatalog.definition(of: "okx"))
    #expect(settings.exchanges == [ExchangeSettings(okx, like: DaemonSettings())])
  }

  @Test func everySettingOfTheDaemon() throws {
    let settings = try DaemonSettings.read(
      """
      interval = "24h"
      max_error = "10s"
      samples = 64
      timeout = "1m"
      max_drift_ppm = 1000
      max_step = "1s"
      ca_file = "/a"
      proxy = "SOCKS5h://p:1"
      [backoff]
      initial = "100ms"
      max = "100ms"
      [socket]
      path = "/s"
      mode = "0600"
      group = "g"
      max_clients = 1
      [ready]
      when = "any"
      [exchanges.okx]
      """, file: "x"
    ).get()
    #expect(settings.interval.text == "24h")
    #expect(settings.maxError.text == "10s")
    #expect(settings.samples == 64)
    #expect(settings.timeout.text == "1m")
    #expect(settings.maxDriftPPM == 1000)
    #expect(settings.maxStep.text == "1s")
    #expect(settings.caFile == "/a")
    #expect(settings.proxy == "SOCKS5h://p:1")
    #expect(settings.backoffInitial.text == "100ms")
    #expect(settings.backoffMax.text == "100ms")
    #expect(settings.socketPath == "/s")
    #expect(settings.socketMode == 0o600)
    #expect(settings.socketGroup == "g")
    #expect(settings.maxClients == 1)
    #expect(settings.readyWhen == .any)
    // An exchange whose table is silent is like the daemon.
    #expect(
      settings.exchanges
        == settings.exchanges.map { ExchangeSettings($0.definition, like: settings) })
  }

  @Test func anExchangeOverridesForItselfAlone() throws {
    let settings = try DaemonSettings.read(
      """
      interval = "2h"
      ca_file = "/global"
      [exchanges.okx]
      interval = "30m"
      max_error = "1ms"
      samples = 1
      timeout = "100ms"
      max_drift_ppm = 1
      max_step = "24h"
      ca_file = "/own"
      proxy = "http://p"
      [exchanges.binance]
      """, file: "x"
    ).get()
    #expect(settings.exchanges.map(\.id) == ["binance", "okx"])
    let binance = settings.exchanges[0]
    let okx = settings.exchanges[1]
    #expect(binance == ExchangeSettings(binance.definition, like: settings))
    #expect(okx.interval.text == "30m")
    #expect(okx.maxError.text == "1ms")
    #expect(okx.samples == 1)
    #expect(okx.timeout.text == "100ms")
    #expect(okx.maxDriftPPM == 1)
    #expect(okx.maxStep.text == "24h")
    #expect(okx.caFile == "/own")
    #expect(okx.proxy == "http://p")
    #expect(binance.caFile == "/global")
  }

  @Test func disabledExchangesAreLeftOut() throws {
    let settings = try DaemonSettings.read(
      "[exchanges.okx]\nenabled = false\n[exchanges.bybit]\nenabled = true\n", file: "x"
    ).get()
    #expect(settings.exchanges.map(\.id) == ["bybit"])
  }

  @Test func aNewExchangeNeedsOnlyURLAndTime() throws {
    let settings = try DaemonSettings.read(
      "[exchanges.my]\nurl = \"http://h:1/t?x=1\"\ntime = \"/now\"\n", file: "x"
    ).get()
    let definition = try #require(settings.exchanges.first?.definition)
    #expect(definition.id == "my")
    #expect(definition.name == "my")
    #expect(definition.url == "http://h:1/t?x=1")
    #expect(definition.timeSource.description == "/now")
    #expect(definition.unit == .milliseconds)
    #expect(definition.rule == .unknown)
  }

  /// Every message that belongs to the daemon's settings.
  @Test(arguments: [
    ("", "1:1: no exchange is enabled: add a table such as [exchanges.binance]"),
    ("[exchanges]", "1:1: no exchange is enabled: add a table such as [exchanges.binance]"),
    (
      "[exchanges.okx]\nenabled = false",
      "1:1: no exchange is enabled: add a table such as [exchanges.binance]"
    ),
    ("exchanges = 1", "1:13: exchanges: expected a table, got an integer (1)"),
    ("exchanges.okx = true", "1:17: okx: expected a table, got a boolean (true)"),
    (
      "[exchanges.binanse]",
      "1:1: unknown exchange \"binanse\"; did you mean \"binance\"? (any other exchange needs url and time)"
    ),
    (
      "[exchanges.mybroker]",
      "1:1: unknown exchange \"mybroker\"; `exchange-clock exchanges --markdown` lists the built-in ones (any other exchange needs url and time)"
    ),
    (
      "[exchanges.OKX]",
      "1:1: \"OKX\" is not an exchange id: lower-case letters, digits, - and _, at most 32; did you mean \"okx\"?"
    ),
    (
      "[exchanges.\"a b\"]",
      "1:1: \"a b\" is not an exchange id: lower-case letters, digits, - and _, at most 32"
    ),
    (
      "[exchanges.my]\ntime = \"/a\"",
      "1:1: url is missing: the complete URL of the time endpoint, such as \"https://api.example.com/time\""
    ),
    (
      "[exchanges.my]\nurl = \"http://h/\"",
      "1:1: time is missing: a JSON pointer to the time in the answer, such as \"/data/0/ts\", or \"header:Date\""
    ),
    (
      "intervall = \"1h\"\nexchanges.okx = {}",
      "1:1: unknown key \"intervall\"; did you mean \"interval\"?"
    ),
    (
      "[exchanges.okx]\nwindw = \"1s\"",
      "2:1: unknown key \"windw\" in [exchanges.okx]; did you mean \"window\"?"
    ),
    (
      "interval = 3600\nexchanges.okx = {}",
      "1:12: interval: expected a duration such as \"1s\" or \"24h\", got an integer (3600)"
    ),
    (
      "interval = \"999ms\"\nexchanges.okx = {}", "1:12: interval must be from 1s to 24h, not 999ms"
    ),
    ("max_error = \"11s\"\nexchanges.okx = {}", "1:13: max_error must be from 1ms to 10s, not 11s"),
    ("samples = 65\nexchanges.okx = {}", "1:11: samples must be from 1 to 64, not 65"),
    ("timeout = \"61s\"\nexchanges.okx = {}", "1:11: timeout must be from 100ms to 1m, not 1m1s"),
    ("max_drift_ppm = 0\nexchanges.okx = {}", "1:17: max_drift_ppm must be from 1 to 1000, not 0"),
    ("max_step = \"1ms\"\nexchanges.okx = {}", "1:12: max_step must be from 1s to 24h, not 1ms"),
    (
      "ca_file = \"ca.pem\"\nexchanges.okx = {}",
      "1:11: ca_file: expected an absolute path, got \"ca.pem\""
    ),
    (
      "proxy = \"proxy:3128\"\nexchanges.okx = {}",
      "1:9: proxy: expected a proxy's URL such as \"http://proxy.example:3128\", got \"proxy:3128\""
    ),
    (
      "[backoff]\ninitial = \"10m\"\n[exchanges.okx]",
      "2:11: backoff.initial (10m) is longer than backoff.max (5m)"
    ),
    (
      "[backoff]\nmax = \"500ms\"\n[exchanges.okx]",
      "2:7: backoff.initial (1s) is longer than backoff.max (500ms)"
    ),
    (
      "[backoff]\nmax = \"1ms\"\n[exchanges.okx]", "2:7: max must be from 100ms to 24h, not 1ms"
    ),
    (
      "[backoff]\ninitial = \"2h\"\n[exchanges.okx]",
      "2:11: initial must be from 100ms to 1h, not 2h"
    ),
    ("backoff = \"1s\"\nexchanges.okx = {}", "1:11: backoff: expected a table, got \"1s\""),
    (
      "[socket]\nmode = 0o660\n[exchanges.okx]",
      "2:8: mode: expected an octal mode such as \"0660\", got an integer (432)"
    ),
    ("[socket]\ngroup = \"\"\n[exchanges.okx]", "2:9: group: expected a group's name, got \"\""),
    (
      "[socket]\nmax_clients = 0\n[exchanges.okx]",
      "2:15: max_clients must be from 1 to 65536, not 0"
    ),
    (
      "[socket]\npath = \"/\(String(repeating: "x", count: 107))\"\n[exchanges.okx]",
      "2:8: path is 108 bytes long; at most 107 are possible"
    ),
    (
      "[socket]\nmod = \"0660\"\n[exchanges.okx]",
      "2:1: unknown key \"mod\" in [socket]; did you mean \"mode\"?"
    ),
    (
      "[ready]\nwhen = \"some\"\n[exchanges.okx]",
      "2:8: when: expected one of \"all\", \"any\", got \"some\""
    ),
    ("[exchanges.okx]\nenabled = \"no\"", "2:11: enabled: expected true or false, got \"no\""),
    ("[exchanges.okx]\nsamples = 0", "2:11: samples must be from 1 to 64, not 0"),
  ])
  func says(_ text: String, _ problem: String) {
    #expect(lines(text) == ["x.toml:" + problem])
  }

  @Test func syntaxErrorIsAProblem() {
    let found = lines("interval = \"1h\ntimeout = \"5s\"\n")
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("x.toml:1:15: ") == true)
  }

  @Test func everyProblemInOneRun() {
    let text = """
      interval = 1
      smaples = 3
      [backoff]
      initial = "x"
      [exchanges.binanse]
      interval = "1ms"
      [exchanges.okx]
      windo = 1
      unit = "minutes"
      [exchanges.kucoin]
      base_url = "ftp://x"
      """
    #expect(
      lines(text) == [
        "x.toml:1:12: interval: expected a duration such as \"1s\" or \"24h\", got an integer (1)",
        "x.toml:2:1: unknown key \"smaples\"; did you mean \"samples\"?",
        "x.toml:4:11: initial: expected a duration such as \"100ms\" or \"1h\", got \"x\"",
        "x.toml:5:1: unknown exchange \"binanse\"; did you mean \"binance\"? (any other exchange needs url and time)",
        "x.toml:6:12: interval must be from 1s to 24h, not 1ms",
        "x.toml:8:1: unknown key \"windo\" in [exchanges.okx]; did you mean \"window\"?",
        "x.toml:9:8: unit: expected one of \"s\", \"ms\", \"us\", \"ns\", \"iso8601\", \"http_date\", got \"minutes\"",
        "x.toml:11:12: base_url: \"ftp://x\" is not a URL: it must begin with http:// or https://",
      ])
  }
}
