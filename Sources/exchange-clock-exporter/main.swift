internal import MetricsExporter

ExporterCommand.run()
