internal import Glibc
internal import LinuxSystem

/// The program `page-reader`, for benchmarks and tests: reads a shared page as fast as it can.
package enum PageReading {
  private static let usage = """
    usage: page-reader time PAGE EXCHANGE ROUNDS READS
             nanoseconds of a read, of a stamp and of a bare clock, a line for each round
           page-reader hunt PAGE SECONDS
             looks for torn reads of a page whose fields are all made of one number
    """

  package static func run() -> Never {
    let arguments = ProcessArguments.read()
    switch (arguments.first, arguments.count) {
    case ("time", 5):
      guard let rounds = Int(arguments[3]), let reads = Int(arguments[4]) else { break }
      Timing(path: arguments[1], exchange: arguments[2], reads: reads).run(rounds: rounds)
      exit(0)
    case ("hunt", 3):
      guard let seconds = Int64(arguments[2]) else { break }
      exit(Hunt(path: arguments[1]).run(for: .seconds(seconds)) ? 0 : 1)
    default: break
    }
    print(usage)
    exit(64)
  }
}
