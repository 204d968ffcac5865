internal import ClockDaemon

DaemonCommand.run()
