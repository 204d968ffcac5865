/// The version of all programs of this package.
package let exchangeClockVersion = "0.1.0"
