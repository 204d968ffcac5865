package import ClockCore
package import DaemonSettings

/// Makes a connection to an exchange, and returns what sends one probe over it.
///
/// It comes from a program of its own, `exchange-clock-probe`, which `exchange-clock probe`
/// becomes: libcurl and the thirty libraries behind it take longer to load than all else that the
/// command line does.
package typealias Prober = (ExchangeSettings) -> () -> Result<Sample, ProbeFailure>
