/// About how long things take that are done for clients, in nanoseconds: what was measured where it
/// was built. Only the proportions matter, and those roughly.
enum Work {
  /// So much is done between two looks at who has come: what anyone has to wait for. Of plain
  /// requests, some thirty.
  static let atATime = 100_000

  /// And of anything else.
  static let bulkAtATime = 50_000

  /// To look after a connection at all: a read and a write.
  static let turn = 2_500

  /// A plain request, with its answer.
  static let plain = 3_000

  /// To let one in, or to close it.
  static let connection = 12_000

  /// To find who gives up a place.
  static func search(clients: Int) -> Int { 20 * clients }

  /// What one that was let in may want at once. Those that come and go get as many turns as the
  /// door: fewer are let in than can be seen off.
  static let farewell = 50_000

  static func reading(bytes: Int) -> Int { bytes / 2 }

  static func line(bytes: Int) -> Int { 1_000 + 20 * bytes }

  static func answer(bytes: Int) -> Int { 10 * bytes }
}
