internal import ClockCommand

CommandLineTool.run()
