internal import ExchangeCatalog

extension DaemonSettings {
  /// What every host stands where the catalogue says nothing.
  private static let usual = 60

  /// Enabled exchanges that have a host in common divide what it stands.
  package func probeShare(of exchange: ExchangeSettings) -> ProbeShare {
    let hosts = exchange.definition.hosts
    let others = exchanges.filter {
      $0.id != exchange.id && !$0.definition.hosts.isDisjoint(with: hosts)
    }
    let limits = ([exchange] + others).compactMap(\.definition.probesPerMinute)
    let limit = limits.min() ?? Self.usual
    return ProbeShare(
      probesPerMinute: max(limit / (others.count + 1), 1), isStrict: !limits.isEmpty)
  }
}

extension ExchangeDefinition {
  /// Host and port of every base URL, in lower case.
  var hosts: Set<String> {
    Set(
      baseURLs.map { url in
        let afterScheme = url.lowercased().drop { $0 != "/" }.drop { $0 == "/" }
        let authority = afterScheme.prefix { !"/?".contains($0) }
        return String(authority.split(separator: "@").last ?? authority)
      })
  }
}
