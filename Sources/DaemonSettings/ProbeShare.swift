/// How many probes a minute an exchange is left by the hosts that it is asked at.
package struct ProbeShare: Sendable, Equatable {
  package var probesPerMinute: Int
  /// The exchange stands no more: no interval may ask for more.
  package var isStrict: Bool

  package init(probesPerMinute: Int, isStrict: Bool) {
    self.probesPerMinute = probesPerMinute
    self.isStrict = isStrict
  }
}
