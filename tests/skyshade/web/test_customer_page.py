import contextlib
import dataclasses
import json

import pytest
from devtools import Browser
from fakes.delivering import LAWN, NOON
from fakes.serving import running

from core.clock import SimulatedClock
from core.geo import LonLat
from delivery.desk import Position
from delivery.world import Event
from skyshade.web.serving import listening, served_aside

PHONE = (390, 844)
pytestmark = pytest.mark.browser


@pytest.fixture
def opened(tmp_path, chromium):
    """The page of the lawn on a telephone, with the service behind it."""
    with contextlib.ExitStack() as ends:
        service = ends.enter_context(running(tmp_path, SimulatedClock(epoch_s=NOON), inside=False))
        address = ends.enter_context(served_aside(service.service, listening("127.0.0.1", 0)))
        browser = Browser(chromium, tmp_path / "profile")
        ends.callback(browser.close)
        page = browser.page(f"{address}/p/{LAWN.id}", PHONE)
        until(page, "document.querySelectorAll('#goods li').length > 0")
        yield service, page, address


def until(page, condition):
    """Wait until an expression is true in the page."""
    look = f"if ({condition}) {{ clearInterval(t); r(1); }}"
    wait = f"const t = setInterval(() => {{ {look} }}, 50); setTimeout(() => r(0), 60000);"
    assert page.run(f"new Promise(r => {{ {wait} }})"), f"{condition} never came true: {page.complaints}"
    page.settle()


def ordered(page, count=2):
    for _ in range(count):
        page.click("#goods li[data-item=coffee] button:last-child")
    page.click("#send")
    until(page, "!document.getElementById('answer').hidden")


def state(page):
    return page.run("document.getElementById('answer').dataset.state")


def test_an_order_is_made_followed_and_ends_on_the_page(opened):
    service, page, address = opened
    ordered(page)
    assert state(page) == "accepted"
    order = next(iter(service.desk.world().orders))
    now = service.clock.utc_s()
    flight = {"id": "F-00001", "orders": [order], "aircraft": "H1"}
    service.desk.heard("F-00001", Position(now, LonLat(127.106, 37.376)))
    flying = {"aircraft": "H1", "flight": "F-00001"}
    service.desk.append(
        [Event(now, "flight.started", "F-00001", flight), Event(now, "order.flying", order, flying)]
    )
    until(page, "document.getElementById('answer').dataset.state === 'flying'")
    until(page, "document.querySelector('#map .drone')")
    released = {"released_at_s": now + 60, "release_text": "released"}
    service.desk.append([Event(now, "order.released", order, released), Event(now, "order.closed", order)])
    until(page, "document.getElementById('answer').dataset.state === 'closed'")
    assert not page.run("document.getElementById('again').hidden")
    assert page.complaints == []
    assert all(asked.startswith((address, "data:")) for asked in page.requests)


def test_the_page_speaks_both_languages(opened):
    _, page, _ = opened
    page.run("view.language === 'ko' || document.getElementById('language').click()")
    assert page.text("#send") == "주문하기"
    page.click("#language")
    assert page.text("#send") == "Order"
    assert page.run("document.documentElement.lang") == "en"


def test_what_is_too_heavy_cannot_be_sent(opened):
    _, page, _ = opened
    page.click("#goods li[data-item=anvil] button:last-child")
    assert page.run("document.getElementById('send').disabled")


def test_a_refusal_gives_its_reasons(opened):
    service, page, _ = opened
    service.desk.conditions = lambda: dataclasses.replace(service.conditions, wind=None)
    ordered(page)
    assert state(page) == "refused"
    assert "wind" in page.text("#reasons")


def test_an_order_is_cancelled_on_the_page(opened):
    service, page, _ = opened
    ordered(page)
    page.run("window.confirm = () => true")
    page.click("#cancel")
    until(page, "document.getElementById('answer').dataset.state === 'cancelled'")
    assert next(iter(service.desk.world().orders.values())).state.value == "cancelled"


def test_a_page_opened_again_finds_its_order(opened):
    _, page, address = opened
    ordered(page)
    page.open(f"{address}/p/{LAWN.id}")
    until(page, "!document.getElementById('answer').hidden")
    assert state(page) == "accepted"


def test_an_order_sent_twice_over_a_bad_line_is_one(opened):
    service, page, _ = opened
    lost = (
        "window.realFetch = fetch; window.fetch = async (...a) => { const r = await realFetch(...a);"
        "if (a[1].method === 'POST') { window.fetch = realFetch; throw new TypeError('lost'); } return r; }"
    )
    page.run(f"{lost}; 1")
    page.click("#goods li[data-item=coffee] button:last-child")
    page.click("#send")
    until(page, "!document.getElementById('trouble').hidden")
    page.click("#send")
    until(page, "!document.getElementById('answer').hidden")
    assert len(service.desk.world().orders) == 1


def test_nothing_is_wider_than_the_telephone(opened):
    _, page, _ = opened
    ordered(page)
    assert page.run("document.documentElement.scrollWidth") <= PHONE[0]
    small = (
        "[...document.querySelectorAll('button')].filter(b => b.offsetParent && b.offsetHeight < 44).length"
    )
    assert page.run(small) == 0
    assert json.loads(page.run("JSON.stringify(localStorage.length)")) == 1


def test_the_page_of_operations_needs_nobody_else(opened):
    _, page, address = opened
    page.open(f"{address}/docs")
    until(page, "document.querySelectorAll('.opblock').length > 5")
    assert all(asked.startswith((address, "data:")) for asked in page.requests)
