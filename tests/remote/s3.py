"""An S3 server (moto's) on loopback, which can be made to fail."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from peers import peer

moto_server = peer("moto.server")
serving = peer("werkzeug.serving")


class Server:
    """Serves buckets until it is closed.

    Attributes:
        fault: a function that is called with the request's environment. It may return a response of
            its own (status and body), `DROP` to close the connection, `TRUNCATE` to cut the
            server's answer, `HANG` to answer only when the server stops, or None to let it answer.
        requests: the requests, as (method, path).
        received: the number of bytes of each PUT, as (path, bytes).
    """

    def __init__(self) -> None:
        self.fault: Callable[[dict], object] = lambda environ: None
        self.requests: list[tuple[str, str]] = []
        self.received: list[tuple[str, int]] = []
        self._is_over = threading.Event()
        self._app = moto_server.DomainDispatcherApplication(moto_server.create_backend_app)
        self._server = None
        self.port = 0
        self.start()

    def start(self) -> None:
        self._is_over.clear()
        self._server = serving.make_server(
            "127.0.0.1", self.port, self._serve, threaded=True, request_handler=_Quiet
        )
        self.port = self._server.port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Refuses connections, as if the server was away."""
        self._is_over.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def count(self, method: str, part: str = "") -> int:
        """The number of requests with this method on paths that contain `part`."""
        return sum(it == method and part in path for it, path in tuple(self.requests))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def options(self) -> dict:
        return {
            "endpoint_url": self.url,
            "key": "test",
            "secret": "test",
            "config_kwargs": {"retries": {"max_attempts": 0}, "connect_timeout": 60},
            "use_listings_cache": False,
        }

    def _serve(self, environ: dict, start_response: Callable) -> object:
        method = environ["REQUEST_METHOD"]
        self.requests.append((method, environ["PATH_INFO"]))
        if method == "PUT":
            self.received.append((environ["PATH_INFO"], int(environ.get("CONTENT_LENGTH") or 0)))
        fault = self.fault(environ)
        if fault is HANG:
            # The connection stays open, and nothing comes.
            self._is_over.wait()
            fault = DROP
        if fault is None:
            return self._app(environ, start_response)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if fault is DROP:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            start_response("500 Dropped", [])
            return []
        if fault is TRUNCATE:
            return self._truncated(environ, start_response)
        status, body = fault
        start_response(status, [("Content-Length", str(len(body)))])
        return [body]

    def _truncated(self, environ: dict, start_response: Callable) -> Iterator[bytes]:
        body = b"".join(self._app(environ, start_response))
        yield body[: len(body) // 2]
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


DROP, TRUNCATE, HANG = object(), object(), object()
INTERNAL_ERROR = (
    "500 Internal Server Error",
    b"<Error><Code>InternalError</Code><Message>broken</Message></Error>",
)
SLOW_DOWN = (
    "503 Slow Down",
    b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>",
)
ACCESS_DENIED = (
    "403 Forbidden",
    b"<Error><Code>AccessDenied</Code><Message>not for you</Message></Error>",
)


class _Quiet(serving.WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None:
        pass

    def run_wsgi(self) -> None:
        with contextlib.suppress(ConnectionError, OSError):
            super().run_wsgi()
