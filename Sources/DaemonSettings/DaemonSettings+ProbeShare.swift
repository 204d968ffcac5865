internal import ExchangeCatalog

extension DaemonSettings {
  /// What every host stands where the catalogue says nothing.
  private static let usual = 60

  /// Of each enabled exchange, in their order: those that have a host in common divide what it
  /// stands.
  package var probeShares: [ProbeShare] {
    let hosts = exchanges.map(\.definition.hosts)
    var askedAt: [String: [Int]] = [:]
    for (index, hosts) in hosts.enumerated() {
      for host in hosts { askedAt[host, default: []].append(index) }
    }
    return hosts.map { hosts in
      let together = Set(hosts.flatMap { askedAt[$0] ?? [] })
      let limits = together.compactMap { exchanges[$0].definition.probesPerMinute }
      let limit = limits.min() ?? Self.usual
      return ProbeShare(
        probesPerMinute: max(limit / together.count, 1), isStrict: !limits.isEmpty)
    }
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
