import pytest

from core.clock import SimulatedClock
from core.errors import SkyshadeError
from skyshade.web.keys import (
    Role,
    new_ring,
    order_token,
    page_pass,
    pass_holds,
    read_keys,
    write_keys,
)
from skyshade.web.limits import Limiter, Rate


def test_a_key_is_found_by_its_text_alone():
    ring, text = new_ring().with_new("현장 사무소", Role.OPERATOR)
    found = ring.find(text)
    assert found is not None
    assert (found.name, found.role) == ("현장 사무소", Role.OPERATOR)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1] + "~", lambda t: t[:-1], lambda t: t.upper(), lambda _: ""]
)
def test_a_forged_key_is_nobodys(change):
    ring, text = new_ring().with_new("desk", Role.CUSTOMER)
    assert ring.find(change(text)) is None


def test_a_revoked_key_is_nobodys():
    ring, text = new_ring().with_new("desk", Role.VIEWER)
    assert ring.without("desk").find(text) is None


def test_the_file_holds_no_key_that_opens(tmp_path):
    ring, text = new_ring().with_new("desk", Role.CUSTOMER)
    path = tmp_path / "열쇠 보관함" / "keys.json"
    write_keys(path, ring)
    assert text not in path.read_text(encoding="utf-8")
    assert text.rsplit("_", 1)[1] not in path.read_text(encoding="utf-8")
    assert read_keys(path).find(text) == ring.find(text)


@pytest.mark.parametrize(
    "content", ["", "{}", '{"secret": "zz", "keys": []}', '{"secret": "00", "keys": [1]}']
)
def test_a_broken_key_file_is_named(tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SkyshadeError, match=r"keys\.json: is no key file"):
        read_keys(path)


def test_a_missing_key_file_says_how_to_make_one(tmp_path):
    with pytest.raises(SkyshadeError) as told:
        read_keys(tmp_path / "keys.json")
    assert "keys add" in (told.value.hint or "")


def test_two_keys_of_one_name_are_refused():
    ring, _ = new_ring().with_new("desk", Role.VIEWER)
    with pytest.raises(SkyshadeError, match="called 'desk' already"):
        ring.with_new("desk", Role.OPERATOR)


def test_an_unknown_key_cannot_be_revoked():
    with pytest.raises(SkyshadeError, match="no key called 'desk'"):
        new_ring().without("desk")


def test_a_page_pass_holds_for_its_point_until_its_time():
    ring = new_ring()
    given = page_pass(ring, "lawn", 1000.0)
    assert pass_holds(ring, given, "lawn", 1000.0)
    assert not pass_holds(ring, given, "lawn", 1001.0)
    assert not pass_holds(ring, given, "bank", 900.0)
    assert not pass_holds(new_ring(), given, "lawn", 900.0)


@pytest.mark.parametrize(
    "text", ["", ".", "9999999999.", "9999999999.00", "x.y", "1e12.abc", "٣.x", "9" * 400 + ".a"]
)
def test_a_made_up_pass_holds_nowhere(text):
    assert not pass_holds(new_ring(), text, "lawn", 0.0)


def test_an_order_token_is_the_orders_own():
    ring = new_ring()
    assert order_token(ring, "O-1") == order_token(ring, "O-1") != order_token(ring, "O-2")


def test_a_caller_in_a_hurry_is_told_how_long_to_wait():
    clock = SimulatedClock()
    limiter = Limiter(Rate(burst=3, per_s=0.5), clock)
    assert [limiter.wait_s("a") for _ in range(4)] == [0.0, 0.0, 0.0, pytest.approx(2.0)]
    assert limiter.wait_s("b") == 0.0
    clock.sleep(2.0)
    assert limiter.wait_s("a") == 0.0
    assert limiter.wait_s("a") > 0.0


def test_callers_long_unheard_of_are_forgotten():
    limiter = Limiter(Rate(burst=1, per_s=1e-6), SimulatedClock(), most=2)
    for caller in "abc":
        limiter.wait_s(caller)
    assert limiter.wait_s("a") == 0.0
    assert limiter.wait_s("c") > 0.0
