package import JSONDocument

/// What an exchange has been asked since it started.
package struct Counters: Sendable, Equatable {
  /// Requests to the time endpoint, with or without a fault.
  package var timeRequests = 0
  /// Signed requests that passed the exchange's rule.
  package var signedAccepted = 0
  /// Signed requests that did not.
  package var signedRejected = 0
  /// Requests to paths or with methods that the exchange does not have.
  package var otherRequests = 0
  /// Requests of any kind that met a fault.
  package var faults = 0
  /// TCP connections opened.
  package var connections = 0

  /// As the control endpoint shows them.
  package var json: JSONValue {
    [
      "time_requests": .integer(Int64(timeRequests)),
      "signed_accepted": .integer(Int64(signedAccepted)),
      "signed_rejected": .integer(Int64(signedRejected)),
      "other_requests": .integer(Int64(otherRequests)), "faults": .integer(Int64(faults)),
      "connections": .integer(Int64(connections)),
    ]
  }
}
