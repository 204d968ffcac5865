internal import ClockDaemon

DaemonCommand.run(Array(CommandLine.arguments.dropFirst()))
