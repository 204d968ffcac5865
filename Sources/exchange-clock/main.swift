internal import ClockCommand

CommandLineTool.run(Array(CommandLine.arguments.dropFirst()))
