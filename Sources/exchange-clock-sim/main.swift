import ExchangeSimulator
import Glibc

exit(SimulatorCommand.run(CommandLine.arguments))
