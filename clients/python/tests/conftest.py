from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from faces import faces
from standin import StandIn


@pytest.fixture(params=faces(), ids=["Till", "AsyncTill"])
def face(request: pytest.FixtureRequest) -> Any:
    """Makes a client of either face: `face(url, key)`."""
    return request.param


@pytest.fixture
def standin() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.close()
