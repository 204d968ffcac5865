internal import ClockCommand
internal import DaemonSettings
internal import ExchangeProbe

ProbeConnection.prepareLibrary()
CommandLineTool.run { settings in
  let connection = ProbeConnection(
    to: ProbeTarget(
      definition: settings.definition, timeout: settings.timeout, caFile: settings.caFile,
      proxy: settings.proxy))
  return { connection.probe() }
}
