/// Which exchanges need an estimate before the daemon calls itself ready.
package enum ReadyWhen: String, Sendable, CaseIterable {
  case all, any
}
