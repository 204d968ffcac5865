import ExchangeSimulator
import Testing

extension ServerCertificate {
  /// Makes an authority, in `ca.pem`, and a certificate for a name, with the openssl command.
  static func make(for name: String, in directory: TemporaryDirectory) throws {
    directory.write("extensions", "subjectAltName=\(name)\n")
    let commands = [
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        + " -subj /CN=test-authority -keyout ca.key -out ca.pem",
      "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=exchange"
        + " -keyout server.key -out server.csr",
      "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        + " -extfile extensions -out server.pem",
    ]
    for command in commands {
      let result = try run(
        "/bin/sh", ["-c", "cd \(directory.root) && exec openssl \(command)"],
        environment: ["PATH=/usr/bin:/bin"])
      try #require(result.code == 0, "openssl \(command): \(result.output)")
    }
  }

  static func read(from directory: TemporaryDirectory) -> ServerCertificate {
    ServerCertificate(
      certificatePEM: directory.read("server.pem"), keyPEM: directory.read("server.key"))
  }
}
