"""A proxy on loopback that counts bytes, and cuts connections when told to."""

from __future__ import annotations

import socket
import struct
import threading

HOST = "127.0.0.1"


class Proxy:
    """Forwards connections to a port of this machine."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.sent = 0
        self.received = 0
        self.connections = 0
        self.cuts = 0
        self.lock = threading.Lock()
        self.open: set[socket.socket] = set()
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"sc://{HOST}:{self.port}"

    def accept(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection((HOST, self.target))
            except OSError:
                caller.close()
                continue
            with self.lock:
                self.connections += 1
                self.open |= {caller, server}
            threading.Thread(target=self.forward, args=(caller, server, True), daemon=True).start()
            threading.Thread(target=self.forward, args=(server, caller, False), daemon=True).start()

    def forward(self, source: socket.socket, sink: socket.socket, is_request: bool) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
                with self.lock:
                    if is_request:
                        self.sent += len(data)
                    else:
                        self.received += len(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        finally:
            with self.lock:
                self.open.discard(source)

    def cut(self) -> int:
        """Resets every connection; returns how many there were."""
        with self.lock:
            cut, self.open = self.open, set()
        for connection in cut:
            try:
                # Without lingering, closing sends RST.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        self.cuts += len(cut) // 2
        return len(cut) // 2

    def close(self) -> None:
        self.listener.close()
        self.cut()
