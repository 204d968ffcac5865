internal import ClockCore
internal import LinuxSystem

/// Why a state file is not used, or not all of it.
enum StateRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(GuardedFile.Failure)
  /// It is no state file, or one that says what cannot be.
  case malformed(String)
  /// Written by another release.
  case unknownVersion(Int64)
  /// It is not what was written.
  case damaged
  case otherMachine
  case fromTheFuture(by: Duration)
  case otherBoot
  case unknownBoot
  case otherTimeNamespace
  case suspendedSince
  case movedSince
  case pausedSince(Duration)

  /// What of the file is used nevertheless.
  enum Remainder: Sendable, Equatable {
    case nothing
    /// Instants of another clock mean nothing, but a nonce is a number.
    case nonces
    /// The clock has stood still: what was to last until an instant of it lasts a little longer.
    case noncesAndBlocks
  }

  var remainder: Remainder {
    switch self {
    case .unreadable, .malformed, .unknownVersion, .damaged, .otherMachine, .fromTheFuture:
      .nothing
    case .otherBoot, .unknownBoot, .otherTimeNamespace: .nonces
    case .suspendedSince, .movedSince, .pausedSince: .noncesAndBlocks
    }
  }

  var description: String {
    switch self {
    case .unreadable(let failure): "\(failure)"
    case .malformed(let reason): reason
    case .unknownVersion(let version):
      "it is of version \(version), and this release reads version \(StateDocument.version)"
    case .damaged: "its checksum does not match: it is damaged"
    case .otherMachine: "it was written on another machine"
    case .fromTheFuture(let lead): "it claims to be written \(lead.shortText) from now"
    case .otherBoot:
      "it was written before the last boot, which set the clock that it counts by anew"
    case .unknownBoot:
      "it cannot be told whether it is of this boot: /proc/sys/kernel/random/boot_id could not be read"
    case .otherTimeNamespace: "it was written in another time namespace"
    case .suspendedSince: "the host was suspended since it was written"
    case .movedSince:
      "the virtual machine was moved to another host or restored since it was written"
    case .pausedSince(let duration):
      "the machine was paused for \(duration.shortText) since it was written"
    }
  }
}
