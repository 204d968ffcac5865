import CFuzzer
import Glibc

/// fuzz TARGET [libFuzzer's arguments]
let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
guard CommandLine.arguments.count > 1, let target = FuzzTarget(rawValue: CommandLine.arguments[1])
else {
  print("usage: fuzz TARGET [arguments of libFuzzer]; targets: \(names)")
  exit(64)
}

/// Made once: some of the targets hold what a daemon holds.
let run = target.run

var arguments: [UnsafeMutablePointer<CChar>?] =
  ([CommandLine.arguments[0]] + CommandLine.arguments.dropFirst(2)).map { strdup($0) } + [nil]
var count = CInt(arguments.count - 1)
exit(
  arguments.withUnsafeMutableBufferPointer { buffer in
    var start = buffer.baseAddress
    return LLVMFuzzerRunDriver(&count, &start) { data, size in
      run(Array(UnsafeBufferPointer(start: data, count: size)))
      return 0
    }
  })
