/// A certificate chain and its key, both PEM texts.
package struct ServerCertificate: Sendable {
  package var certificatePEM: String
  package var keyPEM: String

  package init(certificatePEM: String, keyPEM: String) {
    self.certificatePEM = certificatePEM
    self.keyPEM = keyPEM
  }
}
