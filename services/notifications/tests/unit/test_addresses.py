"""Which addresses a webhook may have: public ones, written as everybody writes them; all else is refused in words."""

from ipaddress import ip_address

import pytest

from notifications_service.webhooks.addresses import AddressRefused, is_public, refuse_unless_public, target

REFUSED = [
    ("http://hooks.partner.org/", "by https:// only"),
    ("ftp://hooks.partner.org/", "begins with https://"),
    ("//hooks.partner.org/", "begins with https://"),
    ("hooks.partner.org", "begins with https://"),
    ("https:///path", "begins with https://"),
    ("https://127.0.0.1/", "not public"),
    ("https://127.1/", "four decimal numbers"),
    ("https://2130706433/", "four decimal numbers"),
    ("https://0x7f000001/", "four decimal numbers"),
    ("https://0x7f.0.0.1/", "four decimal numbers"),
    ("https://0177.0.0.1/", "four decimal numbers"),
    ("https://127.0.0.01/", "four decimal numbers"),
    ("https://127.0.0.1./", "four decimal numbers"),
    ("https://0.0.0.0/", "not public"),
    ("https://0/", "four decimal numbers"),
    ("https://10.1.2.3/", "not public"),
    ("https://100.64.0.1/", "not public"),
    ("https://169.254.169.254/latest/meta-data/", "not public"),
    ("https://168.63.129.16/", "not public"),
    ("https://172.31.255.255/", "not public"),
    ("https://192.168.0.1/", "not public"),
    ("https://198.18.0.1/", "not public"),
    ("https://224.0.0.1/", "not public"),
    ("https://255.255.255.255/", "not public"),
    ("https://[::1]/", "not public"),
    ("https://[::]/", "not public"),
    ("https://[::ffff:127.0.0.1]/", "not public"),
    ("https://[::ffff:8.8.8.8]/", "not public"),
    ("https://[::127.0.0.1]/", "not public"),
    ("https://[64:ff9b::7f00:1]/", "not public"),
    ("https://[64:ff9b:1::1]/", "not public"),
    ("https://[2002:7f00:1::]/", "not public"),
    ("https://[2001:0:53aa:64c:0:0:80ff:fffe]/", "not public"),
    ("https://[2600:1f18::5efe:7f00:1]/", "not public"),
    ("https://[fe80::1]/", "not public"),
    ("https://[fe80::1%25eth0]/", "brackets|not public"),
    ("https://[fc00::1]/", "not public"),
    ("https://[ff02::1]/", "not public"),
    ("https://[2001:db8::1]/", "not public"),
    ("https://[::1/", "can be read"),
    ("https://localhost/", "not a public one"),
    ("https://LOCALHOST/", "not a public one"),
    ("https://localhost./", "can be looked up"),
    ("https://kafka/", "not a public one"),
    ("https://db.internal/", "not a public one"),
    ("https://printer.local/", "not a public one"),
    ("https://x.localhost/", "not a public one"),
    ("https://user@hooks.partner.org/", "user or password"),
    ("https://hooks.partner.org@127.0.0.1/", "user or password"),
    ("https://:secret@hooks.partner.org/", "user or password"),
    ("https://hooks.partner.org:22/", "port 443 or 8443"),
    ("https://hooks.partner.org:6379/", "port 443 or 8443"),
    ("https://hooks.partner.org:0/", "port is not one"),
    ("https://hooks.partner.org:/", "port is not one"),
    ("https://hooks.partner.org:99999/", "can be read"),
    ("https://hooks.partner.org:443x/", "can be read"),
    ("https://127.0.0.1#@hooks.partner.org/", "# part"),
    ("https://hooks.partner.org\\@127.0.0.1/", "does not belong"),
    ("https://hooks.partner.org/\r\nHost: x", "does not belong"),
    ("https://hooks.partner.org/a b", "does not belong"),
    (" https://hooks.partner.org/", "does not belong"),
    ("https://１２７.０.０.１/", "in ASCII"),
    ("https://①②⑦.⓪.⓪.①/", "in ASCII"),
    ("https://127。0。0。1/", "in ASCII"),
    ("https://hookѕ.partner.org/", "in ASCII"),
    ("https://%31%32%37.0.0.1/", "four decimal numbers"),
    ("https://-x.partner.org/", "can be looked up"),
    ("https://a_b.partner.org/", "can be looked up"),
    ("https://hooks..partner.org/", "can be looked up"),
    ("https://hooks.partner.org/" + "a" * 2000, "at most 2000"),
]


@pytest.mark.parametrize(("url", "words"), REFUSED, ids=map(str, range(len(REFUSED))))
def test_an_address_that_is_not_public_or_hides_what_it_is_is_refused_in_words(url: str, words: str) -> None:
    with pytest.raises(AddressRefused, match=words):
        target(url)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.partner.org/in?a=1&b=%20", "hooks.partner.org", 443, "/in?a=1&b=%20"),
        ("https://HOOKS.Partner.org:8443", "hooks.partner.org", 8443, "/"),
        ("https://xn--bcher-kva.example.org/", "xn--bcher-kva.example.org", 443, "/"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/"),
        ("https://[2600:1f18::1]/x", "2600:1f18::1", 443, "/x"),
    ],
)
def test_a_public_address_is_taken(url: str, host: str, port: int, path: str) -> None:
    found = target(url)

    assert (found.scheme, found.host, found.port, found.path) == ("https", host, port, path)


def test_what_is_named_for_tests_may_be_anywhere_and_nothing_beside_it() -> None:
    named = {"127.0.0.1:9000"}

    assert target("http://127.0.0.1:9000/x", test_targets=named).is_for_tests
    for other in ("http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "https://127.0.0.1/", "http://u@127.0.0.1:9000/"):
        with pytest.raises(AddressRefused):
            target(other, test_targets=named)


@pytest.mark.parametrize("answers", [[], ["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "::1"], ["nonsense"]])
def test_of_a_names_answers_every_one_must_be_public(answers: list[str]) -> None:
    with pytest.raises(AddressRefused):
        refuse_unless_public(answers)

    assert refuse_unless_public(["8.8.8.8", "2600:1f18::1", "8.8.8.8"]) == ["8.8.8.8", "2600:1f18::1"]


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "2600:1f18::1", "2a00:1450::1"]
)
def test_addresses_that_anybody_might_have_are_public(text: str) -> None:
    assert is_public(ip_address(text))
