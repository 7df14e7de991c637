"""What the report tells in words: why orders were not delivered, what broke and what became of it."""

import json
from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files

from delivery.model import Order, OrderState
from skyshade.day.run import DayRecord
from skyshade.day.words import WORDS

SHOWN = 4


def whys(record: DayRecord, lang: str) -> list[tuple[int, str, str]]:
    """(how many orders, why, some of them) for all that were refused or failed, most first."""
    said: dict[str, list[str]] = {}
    sentences = json.loads((files("skyshade.web") / "page/reasons.json").read_text(encoding="utf-8"))
    for order in record.world.orders.values():
        if order.state in {OrderState.REFUSED, OrderState.FAILED}:
            for why in dict.fromkeys(_of_order(order, sentences, lang)):
                said.setdefault(why, []).append(order.id)
    rows = [(len(names), why, _some(names)) for why, names in said.items()]
    return sorted(rows, key=lambda row: (-row[0], row[1]))


def _of_order(order: Order, sentences: dict[str, dict[str, list[str]]], lang: str) -> Iterator[str]:
    if not order.rules:
        yield from order.reasons
    for number, rule in enumerate(order.rules):
        facts = dict(order.facts[number]) if number < len(order.facts) else {}
        known = (sentences.get(f"{rule}.{facts.get('case', '')}"), sentences.get(f"{rule}."))
        plain = [found[lang][0] for found in known if found is not None and "{" not in found[lang][0]]
        yield plain[0] if plain else rule


def _some(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")


def broken(record: DayRecord, lang: str) -> list[tuple[str, str, str, str, str]]:
    """(when it took off, fault, flight, what the copter said, what became of its orders)."""
    rows = []
    for name, fault in record.faults:
        flight = record.world.flights[name]
        when = datetime.fromtimestamp(flight.started_s or 0.0, record.scenario.zone)
        fates = ", ".join(_fate(record, order, lang) for order in flight.orders)
        rows.append(
            (f"{when:%H:%M}", fault, f"{flight.id} · {flight.aircraft}", flight.problem or "-", fates)
        )
    return rows


def _fate(record: DayRecord, name: str, lang: str) -> str:
    order, words = record.world.orders[name], WORDS[lang]
    if order.released_at_s is not None:
        return f"{name}: {words['delivered']} ({order.flight})"
    return f"{name}: {words['failed'] if order.state is OrderState.FAILED else words['open']}"


def waiting(waits_s: list[float], lang: str) -> str:
    """Half of them and nineteen of twenty waited so long at most."""
    if not waits_s:
        return ""
    ordered = sorted(waits_s)
    half, most = (ordered[int(share * (len(ordered) - 1))] / 60.0 for share in (0.5, 0.95))
    return WORDS[lang]["waited"].format(half=half, most=most)
