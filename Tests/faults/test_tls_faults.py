"""What may be wrong with an exchange's certificate or its handshake, for every kind."""

from __future__ import annotations

import unittest
from dataclasses import replace

import tls
from faults import FAULTS
from kinds import KINDS
from support import FULL, row
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
        # A host that still allows what is old: the daemon does not.
        lax = self.directory / "openssl.cnf"
        lax.write_text(tls.LAX)
        self.start(
            table, port=port, scheme="https", extra=f'ca_file = "{authority.certificate}"',
            environment={"OPENSSL_CONF": str(lax)})
        self.first_resyncs_are_over()
        used = self.fail_and_recover_twice()
        self.check_promises()
        row(f"{len(faults)} faults of TLS x {len(KINDS)} kinds, twice", str(len(table)),
            f"{self.judge.answers} answers right; {used}")

    def test_every_fault_of_http_within_tls_twice(self) -> None:
        """Both kinds, or one of them: what is wrong is the same, but not how a connection ends."""
        ends = [
            replace(each, in_body=f"{each.in_body}|{tls.TLS}", in_header=each.in_header
                    and f"{each.in_header}|{tls.TLS}")
            if each.name.startswith(("reset at", "closed at")) else each
            for each in FAULTS]
        kinds = tuple(each for each in KINDS if each.name in ("ms", "header")[: 1 + FULL])
        table = rows(self.server, ends, kinds)
        authority = tls.Authority(self.directory, "good")
        port = self.server.listen(
            context=authority.issue("server", [each.cell.address for each in table]),
            is_within=True)
        self.start(
            table, port=port, scheme="https", extra=f'ca_file = "{authority.certificate}"')
        self.first_resyncs_are_over()
        used = self.fail_and_recover_twice()
        self.check_promises()
        row(f"{len(ends)} faults of HTTP within TLS x {len(kinds)} kinds, twice", str(len(table)),
            f"{self.judge.answers} answers right; {used}")


if __name__ == "__main__":
    unittest.main()
