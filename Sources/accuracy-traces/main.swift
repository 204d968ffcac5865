import AccuracyTraces
import Glibc

let arguments = CommandLine.arguments.dropFirst()
guard let trials = Int(arguments.first ?? "2000"), trials > 0, arguments.count <= 1 else {
  print("usage: accuracy-traces [TRIALS]")
  exit(2)
}
Traces.write(trials: trials) { print($0) }
