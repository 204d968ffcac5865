internal import ClockCore
internal import ClockProtocol
internal import LinuxSystem

/// One client of the socket. Belongs to the socket's thread.
final class Connection {
  /// A client for which more than this waits besides its last answer, and that asks on or has to be
  /// told more, is cut off.
  static let mostUnread = 256 * 1024

  /// A client that takes nothing of what waits for it for so long is cut off.
  static let patience = Duration.seconds(60)

  let token: UInt64
  let descriptor: OwnedDescriptor
  let session: Session
  /// Where the loop keeps account of what is done for whom: those of its process.
  struct Accounts {
    let plain, bulk, long: Int
  }
  let accounts: Accounts
  let holder: Places.Holder

  /// When it came or was served last, as a number of turns.
  var lastTurn: UInt64 = 0

  /// What it sent last was more than a plain request.
  var isBulky = false

  /// The poller tells of what comes.
  private(set) var isListenedTo = true

  /// It waits for its turn.
  var isQueued = false

  /// Nothing waits for it any more.
  var isClosed = false

  /// Something may have come that was not read.
  var isReadable = false

  /// The client sends no more, or is gone in both directions, as soon as what has come is read.
  private(set) var isEnding = false
  private(set) var isGone = false

  /// A request is being worked on elsewhere; the ones after it wait, so that answers keep order.
  var isWaiting = false
  /// Begins it, where it takes long and is of use only to who waits for its answer.
  var longWork: (() -> Void)?

  /// Of the line that it is about.
  var longWorkBytes = 0

  /// What the loop has to know of it without asking it.
  struct Listing: Equatable {
    var isSubscriber = false
    /// Of what it is sent and has not taken, and of what it has sent and is not answered.
    var keptBytes = 0
  }

  /// As of when the loop last noted it.
  var listed = Listing()

  var listing: Listing {
    Listing(
      isSubscriber: !session.subscriptions.isEmpty, keptBytes: output.count + pendingBytes)
  }

  /// The client will send no more; it still gets its answers.
  private(set) var inputEnded = false

  /// Why the client is cut off, in one clause; empty where it has gone by itself.
  private(set) var cutOffReason: String?

  /// When the client last took something of what waits for it; nil while nothing waits.
  private(set) var waitingSince: MonotonicInstant?

  /// Since when something of it has been kept without a pause; nil while nothing is.
  var keptSince: MonotonicInstant? { [waitingSince, lineSince].compactMap(\.self).min() }

  private var input = LineBuffer()
  /// Since when it holds something, or a line was last taken from it.
  private var lineSince: MonotonicInstant?
  /// Lines may be in that have not been answered.
  private(set) var hasLines = false
  private var output: [UInt8] = []
  /// Of the answer that was given last.
  private var answerBytes = 0
  private var isWatchedForWriting = false

  init(
    token: UInt64, descriptor: consuming OwnedDescriptor, session: Session,
    holder: Places.Holder, accounts: Accounts
  ) {
    self.token = token
    self.descriptor = descriptor
    self.session = session
    self.holder = holder
    self.accounts = accounts
  }

  var isCutOff: Bool { cutOffReason != nil }

  /// The client waits for what it has asked for.
  var isExpectant: Bool {
    isWaiting || isQueued || hasLines || !output.isEmpty || pendingBytes > 0
      || !session.subscriptions.isEmpty
  }

  /// Nothing more will happen here: to be closed.
  var isFinished: Bool {
    isCutOff || (inputEnded && !isWaiting && !hasLines && output.isEmpty)
  }

  /// Something can be done for it: lines to answer, or something to read.
  var isReady: Bool { !isWaiting && !isCutOff && (hasLines || (isReadable && !inputEnded)) }

  func note(_ event: Poller.Event) {
    isReadable = isReadable || event.isReadable || event.isEnded
    isEnding = isEnding || event.isEnded
    isGone = isGone || event.isClosed
  }

  /// The client has closed its side: what it sent last counts as a line.
  func endInput() {
    inputEnded = true
    input.end()
    hasLines = true
  }

  /// Of what came and is not answered.
  private var pendingBytes: Int { input.count + longWorkBytes }

  /// Notes whether something of what came is still kept.
  func noteInput() {
    if pendingBytes == 0 {
      lineSince = nil
    } else if lineSince == nil {
      lineSince = HostClocks.monotonic()
    }
  }

  func cutOff(_ reason: String = "") {
    cutOffReason = reason
  }

  func take(_ bytes: UnsafeRawBufferPointer) {
    input.append(bytes)
    hasLines = true
  }

  /// Nothing that came before is still to be read, answered or taken.
  var isQuiet: Bool { input.isEmpty && output.isEmpty && !isWatchedForWriting }

  /// Sends an answer at once; false where something of it waits, or the client is gone.
  ///
  /// - Precondition: nothing waits.
  func send(_ answer: UnsafeRawBufferPointer) -> Bool {
    let sent: Int
    switch descriptor.send(answer) {
    case .bytes(answer.count): return true
    case .bytes(let count): sent = count
    case .wouldBlock: sent = 0
    case .closed:
      cutOff()
      return false
    }
    output += UnsafeRawBufferPointer(rebasing: answer[sent...])
    return false
  }

  /// Of answers that the client has not taken.
  var waitingBytes: Int { output.count }

  func nextLine() -> LineBuffer.Line? {
    guard hasLines else { return nil }
    if output.count > Self.mostUnread { flush() }
    guard output.count <= Self.mostUnread + answerBytes else {
      cutOff("\(output.count) bytes of answers wait for it")
      return nil
    }
    let line = input.next()
    hasLines = line != nil
    if hasLines { lineSince = nil }
    return line
  }

  func enqueue(_ answer: Response) {
    answerBytes = answer.bytes.count
    if output.isEmpty { output = answer.bytes } else { output += answer.bytes }
    output.append(UInt8(ascii: "\n"))
  }

  /// Tells the client what has changed, once it has taken what waits for it. What there would have
  /// been to tell meanwhile is counted as if it waited, but only the newest of it is kept.
  func tell() {
    session.look()
    if output.isEmpty {
      output += session.lines()
    } else if output.count + session.untold > Self.mostUnread + answerBytes {
      cutOff("\(output.count + session.untold) bytes of notifications wait for it")
    }
  }

  /// Sends as much as the client takes now.
  func flush() {
    repeat {
      send()
      // What it could not be told while something waited for it.
      if output.isEmpty, !isCutOff { output += session.lines() }
    } while !output.isEmpty && !isCutOff && waitingSince == nil
  }

  private func send() {
    guard !output.isEmpty else { return }
    var sent = 0
    output.withUnsafeBytes { bytes in
      while sent < bytes.count {
        switch descriptor.send(UnsafeRawBufferPointer(rebasing: bytes[sent...])) {
        case .bytes(let count): sent += count
        case .wouldBlock: return
        case .closed:
          cutOff()
          return
        }
      }
    }
    if sent == output.count {
      output = []
      waitingSince = nil
    } else {
      output.removeFirst(sent)
      if sent > 0 || waitingSince == nil { waitingSince = HostClocks.monotonic() }
    }
  }

  /// Has the poller tell of what happens next: of what comes only once all that came is read.
  func watch(with poller: Poller) {
    watch(with: poller, reading: isListenedTo || !isReadable, writing: !output.isEmpty)
  }

  /// Has the poller tell nothing of what comes.
  func stopListening(with poller: Poller) {
    watch(with: poller, reading: false, writing: isWatchedForWriting)
  }

  private func watch(with poller: Poller, reading: Bool, writing: Bool) {
    guard isListenedTo != reading || isWatchedForWriting != writing else { return }
    (isListenedTo, isWatchedForWriting) = (reading, writing)
    poller.change(connection: descriptor, token: token, reading: reading, writing: writing)
  }
}
