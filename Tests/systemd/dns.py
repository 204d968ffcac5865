"""A name server on the loopback for the container: every name below exchange.test is 127.0.0.1."""

import socket

HEADER, ANSWER = 12, bytes.fromhex("c00c 0001 0001 00000000 0004 7f000001")

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 53))
    while True:
        query, client = server.recvfrom(512)
        end = query.index(0, HEADER) + 5
        name = query[HEADER : end - 4]
        isKnown = name.endswith(b"\x08exchange\x04test\x00")
        isAddress = isKnown and query[end - 4 : end] == bytes.fromhex("0001 0001")
        print(name, isAddress, flush=True)
        flags = bytes.fromhex("8180") if isKnown else bytes.fromhex("8183")
        counts = bytes([0, 1, 0, int(isAddress), 0, 0, 0, 0])
        server.sendto(
            query[:2] + flags + counts + query[HEADER:end] + (ANSWER if isAddress else b""), client
        )
