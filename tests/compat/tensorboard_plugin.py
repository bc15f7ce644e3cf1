"""Answers of TensorBoard's plugins, without a server."""

import contextlib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from peers import peer

event_multiplexer = peer("tensorboard.backend.event_processing.plugin_event_multiplexer")
data_provider = peer("tensorboard.backend.event_processing.data_provider")
base_plugin = peer("tensorboard.plugins.base_plugin")
werkzeug_test = peer("werkzeug.test")


@contextlib.contextmanager
def serving(plugin_class: Any, log_dir: Path) -> Iterator[Callable[..., bytes]]:
    """A function that takes a route and its query, and returns the answer for the browser."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        multiplexer = event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(log_dir))
        multiplexer.Reload()
        context = base_plugin.TBContext(
            logdir=str(log_dir),
            multiplexer=multiplexer,
            data_provider=data_provider.MultiplexerDataProvider(multiplexer, str(log_dir)),
        )
        routes = plugin_class(context).get_plugin_apps()

        def get(route: str, **query: str) -> bytes:
            response = werkzeug_test.Client(routes[route]).get("/", query_string=query)
            assert response.status_code == 200, response.data
            return response.data

        yield get
