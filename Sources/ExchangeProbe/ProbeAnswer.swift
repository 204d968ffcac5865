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
      let stamp = try definition.readTime(from: content)
      return .success(
        Sample(
          sent: sent, received: received, stamp: stamp, resolution: definition.resolution))
    } catch {
      return .failure(ProbeFailure(reason: "unusable answer: \(error)", status: status))
    }
  }

  private var refusal: ProbeFailure {
    ProbeFailure(
      reason: "HTTP \(status)\(HTTPStatus.phrase(status).map { " " + $0 } ?? "")", status: status,
      retryAfter: content.header("Retry-After").flatMap {
        RetryAfter.duration($0, date: content.header("Date"))
      })
  }
}
