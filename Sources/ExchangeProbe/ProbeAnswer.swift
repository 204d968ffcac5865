package import ClockCore
package import ExchangeCatalog

/// An exchange's answer to one probe, with the local instants around it.
package struct ProbeAnswer: Sendable {
  /// Taken when the connection stood and before the request was written.
  package var sent: MonotonicInstant

  /// Taken when the first line of the answer had been read.
  package var received: MonotonicInstant

  package var status: Int

  package var content: TimeAnswer
}

extension ProbeAnswer {
  /// The sample that the answer yields, or why it yields none.
  package func sample(of definition: ExchangeDefinition) -> Result<Sample, ProbeFailure> {
    guard status == 200 else { return .failure(refusal) }
    do throws(TimeAnswerError) {
      let reading = try definition.readStamps(from: content, roundTrip: received - sent)
      return .success(
        Sample(
          sent: sent, received: received, arrival: reading.arrival,
          departure: reading.departure, resolution: reading.resolution, isCached: isCached))
    } catch {
      return .failure(ProbeFailure(reason: "unusable answer: \(error)", status: status))
    }
  }

  /// A cache on the way says that it answered in the exchange's place.
  private var isCached: Bool {
    if let age = content.header("Age"), age != "0" { return true }
    return ["X-Cache", "CF-Cache-Status", "X-Cache-Status"].contains { name in
      content.header(name)?.lowercased().contains("hit") == true
    }
  }

  private var refusal: ProbeFailure {
    ProbeFailure(
      reason: "HTTP \(status)\(HTTPStatus.phrase(status).map { " " + $0 } ?? "")", status: status,
      retryAfter: content.headers.filter { $0.name.lowercased() == "retry-after" }
        .compactMap { RetryAfter.duration($0.value, date: content.header("Date")) }.max())
  }
}
