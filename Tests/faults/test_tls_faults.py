"""What may be wrong with an exchange's certificate or its handshake, for every kind."""

from __future__ import annotations

import unittest

import tls
from kinds import KINDS
from support import row
from test_exchange_faults import FaultTestCase
from world import rows


class TLSFaultTests(FaultTestCase):
    def test_every_fault_of_a_handshake_twice(self) -> None:
        contexts: dict = {}
        faults = [tls.wrong_context(name, contexts) for name in tls.REASONS] + tls.HANDSHAKES
        table = rows(self.server, faults)
        addresses = [each.cell.address for each in table]
        authority = tls.Authority(self.directory, "good")
        contexts |= tls.faults(authority, tls.Authority(self.directory, "other"), addresses)
        port = self.server.listen(context=authority.issue("server", addresses))
        self.start(
            table, port=port, scheme="https", extra=f'ca_file = "{authority.certificate}"')
        self.first_resyncs_are_over()
        used = self.fail_and_recover_twice()
        self.check_promises()
        row(f"{len(faults)} faults of TLS x {len(KINDS)} kinds, twice", str(len(table)),
            f"{self.judge.answers} answers right; {used}")


if __name__ == "__main__":
    unittest.main()
