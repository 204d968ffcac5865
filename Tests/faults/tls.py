"""Certificates that are made when the test runs, and what may be wrong with a handshake."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path

from fault_server import Exchange
from faults import ENDS, TIMEOUT, Fault

CONFIG = """\
[ca]
default_ca = own
[own]
database = {directory}/index
serial = {directory}/serial
new_certs_dir = {directory}
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    """A private one, in PEM files of a directory."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory / name
        self._directory.mkdir()
        self.certificate = self._directory / "ca.pem"
        self._key = self._directory / "ca.key"
        (self._directory / "index").write_text("")
        (self._directory / "serial").write_text("01\n")
        self._config = self._directory / "ca.cnf"
        self._config.write_text(CONFIG.format(directory=self._directory))
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-days", "30",
            "-addext", "keyUsage=critical,keyCertSign,digitalSignature",
            "-keyout", str(self._key), "-out", str(self.certificate))

    def issue(
        self, name: str, addresses: list[str], from_days: float = -1, to_days: float = 30
    ) -> ssl.SSLContext:
        """A server's context, for addresses, or names as "DNS:name"; days are from now on."""
        request, key = self._directory / f"{name}.csr", self._directory / f"{name}.key"
        chain = self._directory / f"{name}.pem"
        names = ",".join(each if ":" in each else f"IP:{each}" for each in addresses)
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}",
            "-keyout", str(key), "-out", str(request))
        dates = [
            (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")
            for days in (from_days, to_days)]
        self._openssl(
            "ca", "-batch", "-notext", "-config", str(self._config), "-cert",
            str(self.certificate), "-keyfile", str(self._key), "-startdate", dates[0],
            "-enddate", dates[1], "-in", str(request), "-out", str(chain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        return context

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


LAX = """\
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol = TLSv1
CipherString = DEFAULT:@SECLEVEL=0
"""
"""The configuration of an OpenSSL that speaks with anybody."""


def old(context: ssl.SSLContext) -> ssl.SSLContext:
    """Speaks TLS 1.0 and 1.1 only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def faults(good: Authority, other: Authority, addresses: list[str]) -> dict[str, ssl.SSLContext]:
    """The contexts that are wrong, by the fault's name."""
    return {
        "expired": good.issue("expired", addresses, -60, -1),
        "not yet valid": good.issue("early", addresses, 2, 30),
        "for another host": good.issue("host", ["192.0.2.1"]),
        "of an unknown authority": other.issue("unknown", addresses),
        "TLS 1.1": old(good.issue("old", addresses)),
    }


REASONS = {
    "expired": "certificate refused: .*expired",
    "not yet valid": "certificate refused: .*not yet valid",
    "for another host": "certificate refused: .*no alternative certificate subject name",
    "of an unknown authority": "certificate refused: .*(issuer|self[- ]signed)",
    "TLS 1.1": "SSL|protocol|version",
}


async def _silent(exchange: Exchange) -> None:
    await exchange.silence()


async def _stalled(exchange: Exchange) -> None:
    """The beginning of a handshake record that never ends."""
    await exchange.reader.read(1)
    await exchange.send(bytes.fromhex("16030300fa0200"))
    await exchange.silence()


async def _plain(exchange: Exchange) -> None:
    await exchange.reader.read(1)
    await exchange.reply()
    exchange.close()


async def _garbage(exchange: Exchange) -> None:
    await exchange.reader.read(1)
    await exchange.send(b"\x00\xff" * 500)
    await asyncio.sleep(0.2)
    exchange.close()


async def _reset(exchange: Exchange) -> None:
    await exchange.reader.read(1)
    exchange.reset()


async def _closed(exchange: Exchange) -> None:
    await exchange.reader.read(65536)
    exchange.close()


TLS = "SSL|TLS|wrong version|reset|unexpected eof"
HANDSHAKES = [
    Fault("nothing", _silent, TIMEOUT, TIMEOUT),
    Fault("stalled", _stalled, TIMEOUT, TIMEOUT),
    Fault("plain HTTP", _plain, TLS, TLS),
    Fault("garbage", _garbage, TLS, TLS),
    Fault("reset", _reset, f"{TLS}|{ENDS['reset']}", f"{TLS}|{ENDS['reset']}"),
    Fault("closed", _closed, f"{TLS}|{ENDS['closed']}", f"{TLS}|{ENDS['closed']}"),
]


def wrong_context(
    name: str, contexts: dict[str, ssl.SSLContext], is_proxy: bool = False
) -> Fault:
    """is_proxy: it makes a way to itself rather than to the exchange."""

    async def act(exchange: Exchange) -> None:
        if is_proxy:
            await exchange.read_request()
            await exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await exchange.writer.start_tls(contexts[name])
        await exchange.read_request()
        await exchange.reply()
        exchange.close()

    return Fault(name, act, REASONS[name], REASONS[name])
