import contextlib
import dataclasses
import json

import pytest
from devtools import Browser
from fakes.delivering import LAWN, NOON
from fakes.serving import running

from core.clock import SimulatedClock
from core.geo import LonLat
from core.wind import Wind
from delivery.desk import Position
from delivery.world import Event
from skyshade.web.serving import listening, served_aside

PHONE = (390, 844)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium, tmp_path_factory):
    """One browser for all tests here; each page keeps its own things."""
    browser = Browser(chromium, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def opened(tmp_path, browser):
    """The page of the lawn on a telephone, with the service behind it."""
    with contextlib.ExitStack() as ends:
        service = ends.enter_context(running(tmp_path, SimulatedClock(epoch_s=NOON), inside=False))
        address = ends.enter_context(served_aside(service.service, listening("127.0.0.1", 0)))
        page = browser.page(f"{address}/p/{LAWN.id}", PHONE)
        ends.callback(page.close)
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
    assert page.run("document.querySelector('#goods li[data-item=anvil] button:last-child').disabled")
    for _ in range(8):
        page.run("document.querySelector('#goods li[data-item=coffee] button:last-child').click()")
    assert page.run("document.getElementById('send').disabled")
    assert "3.20 kg" in page.text("#mass")


def test_a_refusal_gives_its_reasons_with_their_numbers_in_both_languages(opened):
    service, page, _ = opened
    service.desk.conditions = lambda: dataclasses.replace(service.conditions, wind=Wind(17.0, 270.0))
    page.run("speak('ko')")
    ordered(page)
    assert state(page) == "refused"
    assert page.text("#reasons").startswith("바람이 초속 17 m로 드론의 한계인 초속 10 m보다 강합니다.")
    page.run("speak('en')")
    assert page.text("#reasons").startswith("The wind of 17 m/s is over the drone's limit of 10 m/s.")


def test_a_reason_without_words_of_its_own_is_told_as_the_service_says_it(opened):
    _, page, _ = opened
    assert page.run("told({rule: 'tide', message: 'low water', cure: 'wait', facts: {}}).join()") == (
        "low water,wait"
    )
    vague = "told({rule: 'mass', message: 'x', facts: {}})[0] === view.reasons['mass.'][view.language][0]"
    assert page.run(vague)


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


LOST = (
    "window.realFetch = fetch; window.fetch = async (...a) => { const r = await realFetch(...a);"
    "if (a[1].method === 'POST') { window.fetch = realFetch; throw new TypeError('lost'); } return r; }; 1"
)


def test_an_order_whose_answer_was_lost_is_sent_again_by_itself_and_is_one(opened):
    service, page, _ = opened
    page.run(LOST)
    page.click("#goods li[data-item=coffee] button:last-child")
    page.click("#send")
    until(page, "!document.getElementById('answer').hidden")
    assert len(service.desk.world().orders) == 1
    assert page.run("localStorage.getItem(SENT)") is None


def test_a_page_loaded_again_in_mid_order_finds_its_answer_and_orders_once(opened):
    service, page, address = opened
    page.run(LOST.replace("window.fetch = realFetch; ", ""))
    page.click("#goods li[data-item=coffee] button:last-child")
    page.click("#send")
    until(page, "!document.getElementById('trouble').hidden")
    page.open(f"{address}/p/{LAWN.id}")
    until(page, "!document.getElementById('answer').hidden")
    assert state(page) == "accepted"
    assert len(service.desk.world().orders) == 1


def test_a_page_whose_pass_ran_out_gets_another_and_orders(opened):
    service, page, _ = opened
    service.clock.sleep(service.service.settings.pass_s + 1)
    ordered(page)
    assert state(page) == "accepted"


def test_an_order_for_a_time_needs_one_within_the_opening_hours(opened):
    _, page, _ = opened
    page.run("document.querySelector('[name=when][value=later]').click()")
    page.run("document.querySelector('#goods li[data-item=coffee] button:last-child').click()")
    blocked = "document.getElementById('send').disabled"
    assert page.run(blocked)
    page.run("at('at').value = '23:30'; at('at').dispatchEvent(new Event('input'))")
    assert page.run(blocked)
    assert "11:00-17:00" in page.text("#wrong")


def test_everything_to_press_or_fill_has_a_name_and_enough_contrast_in_the_dark_too(opened):
    _, page, _ = opened
    for scheme in ("light", "dark"):
        page.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        page.settle()
        assert nameless(page) == []
        assert page.run(PALE) == []
    ordered(page)
    assert nameless(page) == []
    assert page.run(PALE) == []


def nameless(page):
    """What a screen reader would call nothing."""
    told = page.ask("Accessibility.getFullAXTree")["nodes"]
    kinds = {"button", "textbox", "radio", "InputTime", "image", "list", "heading", "group"}
    named = [n for n in told if not n.get("ignored") and n["role"]["value"] in kinds - {"list"}]
    assert len(named) > 3
    return [n["role"]["value"] for n in named if not n.get("name", {}).get("value")]


PALE = """(() => {
  const rgb = (text) => text.match(/[0-9.]+/g).map(Number);
  const back = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  const linear = (v) => (v <= 10 ? v / 3294 : ((v / 255 + .055) / 1.055) ** 2.4);
  const light = (c) => { const [r, g, b] = c.map(linear); return .2126 * r + .7152 * g + .0722 * b; };
  const found = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.offsetParent || e.closest("script, #map")) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(back(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) found.push(e.textContent.trim());
  }
  return found;
})()"""


def test_letters_twice_as_large_still_fit_the_telephone(opened):
    _, page, _ = opened
    page.run("document.documentElement.style.fontSize = '32px'; 1")
    ordered(page)
    assert page.run("document.documentElement.scrollWidth") <= PHONE[0]


def test_a_point_that_is_no_more_is_told_to_people_on_a_page(opened):
    _, page, address = opened
    page.open(f"{address}/p/nowhere")
    assert "배달 지점을 찾을 수 없습니다" in page.text("body")
    assert "no such delivery point" in page.text("body")


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
