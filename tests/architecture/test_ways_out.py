"""One module sends requests to addresses that others name; whatever else connects somewhere stands on this page."""

import ast
from pathlib import Path

import pytest
from house import ROOT

CLIENTS = {
    "httpx": {"AsyncClient", "Client", "AsyncHTTPTransport", "HTTPTransport", "request", "stream", "get", "post", "put",
              "patch", "delete", "head", "options"},
    "httpcore": {"AsyncConnectionPool", "ConnectionPool", "AsyncHTTPConnection", "HTTPConnection", "AsyncHTTPProxy",
                 "request", "stream"},
    "urllib.request": {"urlopen", "Request", "build_opener", "urlretrieve"},
    "http.client": {"HTTPConnection", "HTTPSConnection"},
    "aiohttp": {"ClientSession", "request"},
    "requests": {"Session", "request", "get", "post", "put", "patch", "delete", "head", "options"},
    "urllib3": {"PoolManager", "request"},
}  # fmt: skip

ALLOWED = {
    "services/notifications/notifications_service/webhooks/outward.py": "webhooks, to public addresses alone",
    "shared/servicekit/servicekit/web/tokens.py": "the keys of issuers that the settings name",
    "shared/access/access/testing.py": "tests",
}


def sources() -> list[Path]:
    """Everything that runs in a service."""
    return [
        path
        for pattern in ("services/*/*_service", "services/*/contracts/*_contracts", "shared/*/*")
        for folder in ROOT.glob(pattern)
        if folder.is_dir() and folder.name != "tests"
        for path in folder.rglob("*.py")
    ]


def ways_out(source: str) -> set[str]:
    """Clients of HTTP that a module makes, or takes from their library by name."""
    found, names = set(), {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in CLIENTS:
                    names[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom) and node.module in CLIENTS:
            found |= {f"{node.module}.{alias.name}" for alias in node.names if alias.name in CLIENTS[node.module]}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and (library := names.get(ast.unparse(node.value))) is not None:
            found |= {f"{library}.{node.attr}"} & {f"{library}.{name}" for name in CLIENTS[library]}
    return found


def test_only_what_stands_here_makes_a_client() -> None:
    makers = {str(path.relative_to(ROOT)): found for path in sources() if (found := makes(path))}

    assert set(makers) <= set(ALLOWED), makers
    assert "services/notifications/notifications_service/webhooks/outward.py" in makers


def makes(path: Path) -> set[str]:
    """Annotations name clients without making one: only what is called or imported by name counts."""
    source = path.read_text(encoding="utf-8")
    called = {ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)}
    return {way for way in ways_out(source) if any(name.endswith(way.rsplit(".", 1)[-1]) for name in called)}


@pytest.mark.parametrize(
    "source",
    [
        "import httpx\nhttpx.AsyncClient()",
        "import httpx as h\nasync def f():\n    async with h.AsyncClient() as c: ...",
        "from httpx import get\nget('http://a')",
        "import urllib.request\nurllib.request.urlopen('http://a')",
        "from http.client import HTTPConnection\nHTTPConnection('a')",
        "import httpcore\nhttpcore.AsyncConnectionPool()",
    ],
)
def test_a_module_that_goes_its_own_way_is_found(source: str, tmp_path: Path) -> None:
    path = tmp_path / "own_way.py"
    path.write_text(source)

    assert makes(path)
