/// What the program's exit says; as sysexits(3) has it where it has one.
enum ExitCode: CInt {
  case success = 0
  /// The daemon answered with an error, `wait` ran out of time, `diagnose` found something,
  /// `report` did not, or `resync` did not measure all it should.
  case refused = 1
  /// What `wait` waits for can never happen.
  case impossible = 2
  case usage = 64
  /// No daemon could be reached.
  case unavailable = 69
  /// What was to be printed could not be.
  case output = 74
  /// `check-config` found problems.
  case configuration = 78
}
