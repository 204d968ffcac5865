internal import ClockProtocol
internal import JSONDocument

/// What `diagnose` found: verdicts, this host, and the answers to questions.
struct Diagnosis {
  var facts: HostFacts

  /// The gravest first; at least one.
  var verdicts: [VerdictResult]
  var questions: [Question]

  /// Nothing answers at the daemon's socket.
  var isWithoutDaemon: Bool { verdicts.contains { $0.causes.contains(.noDaemon) } }

  var exitCode: ExitCode {
    isWithoutDaemon
      ? .unavailable : verdicts.allSatisfy { $0.kind == .clocksFine } ? .success : .refused
  }

  var json: JSONValue {
    [
      "daemon": .bool(!isWithoutDaemon), "verdicts": .array(verdicts.map(\.json)),
      "host": facts.json, "questions": .array(questions.map(\.json)),
    ]
  }

  /// The verdicts with their evidence, this host, one command, and the questions that apply.
  var text: [String] {
    var lines: [String] = []
    for verdict in verdicts {
      lines += Paragraph.lines(verdict.summary)
        .map { Terminal.colouredByState($0, colour(verdict.kind)) }
      lines += verdict.evidence.flatMap { Paragraph.lines($0, first: "  - ", rest: "    ") }
      lines += Paragraph.lines(verdict.explanation, first: "  ", rest: "  ") + [""]
    }
    let said = Set(verdicts.flatMap(\.evidence))
    lines.append("this host:")
    lines += HostText.lines(facts).filter { !said.contains($0) }
      .flatMap { Paragraph.lines($0, first: "  - ", rest: "    ") }
    lines += ["", "next: \(verdicts.first?.nextCommand ?? "")"]
    let asked = questions.filter { $0.applies == true }
    if !asked.isEmpty { lines += ["", "often asked on a host like this:"] }
    for question in asked {
      lines.append("  \(question.question)")
      lines += Paragraph.lines(question.answer, first: "    ", rest: "    ")
    }
    return lines
  }

  private func colour(_ kind: VerdictResult.Kind) -> String {
    switch kind {
    case .clocksFine: "ok"
    case .pathBad, .answersUnusable, .unknown: "degraded"
    case .systemClockWrong, .exchangeClockWrong: "failing"
    }
  }
}
