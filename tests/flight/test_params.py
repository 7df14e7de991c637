"""Parameters through a wire that loses: never a wrong value, never a guess."""

import math
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import RealClock, SimulatedClock
from core.errors import BadFileError
from core.geo import LonLat
from flight.link import open_link
from flight.locations import Start
from flight.paramfetch import Fetch, fetch_parameters
from flight.paramfile import write_parameters
from flight.paramload import ArmedError, compare_parameters, load_parameters
from flight.params import (
    Parameter,
    ParameterError,
    ParamType,
    UnknownParameterError,
    get_parameter,
    parse_parameters,
    read_parameter,
    read_parameters,
    read_setting,
    set_parameter,
    values_of,
)
from flight.paramtable import (
    NEWEST,
    firmware_note,
    look_up,
    needs_restart,
    read_only,
    renames,
    spellings,
    translated,
)
from flight.sitl import start_vehicle
from flight.wire import Message, float32


@dataclass
class Shelf:
    """A vehicle that keeps parameters as ArduPilot does: whole numbers by type, a queue of twenty questions,
    a list sent by itself; losing messages each way, falling silent, denying or keeping what it is told.
    """

    values: dict[str, float]
    kinds: dict[str, ParamType] = field(default_factory=dict)
    loss: float = 0.0
    seed: int = 1
    silent: bool = False
    denied: tuple[str, ...] = ()
    stubborn: tuple[str, ...] = ()
    hidden: dict[str, dict[str, float]] = field(default_factory=dict)  # appear once the key is not 0
    chatter: bool = True

    def __post_init__(self):
        self.clock = SimulatedClock()
        self.rng = random.Random(self.seed)
        self.out, self.sets = [], []

    def send(self, name, fields):
        if self.silent or self.rng.random() < self.loss:
            return
        key = fields.get("param_id", b"").decode()
        if name == "PARAM_REQUEST_LIST":
            self.out += [self.value(key, number) for number, key in enumerate(self.values)]
        elif name == "PARAM_SET" and key in self.values:
            self.set(key, fields["param_value"])
        elif name == "PARAM_REQUEST_READ" and len(self.out) < 20:
            number = fields["param_index"]
            if 0 <= number < len(self.values):
                self.out.append(self.value(list(self.values)[number], number))
            elif 0 <= number < 1000:  # one of the hundreds that a vehicle has besides
                fields = {"param_id": f"OTHER_{number}", "param_value": 0.0, "param_type": 9}
                count = {"param_index": number, "param_count": 1000}
                self.out.append(Message("PARAM_VALUE", {**fields, **count}))
            elif key in self.values:
                self.out.append(self.value(key))

    def set(self, key, value):
        self.sets.append(key)
        if key in self.denied:
            self.out.append(Message("STATUSTEXT", {"severity": 4, "text": f"Param write denied ({key})"}))
        elif key not in self.stubborn:
            self.values[key] = float32(value)
            if value and key in self.hidden:
                self.values |= self.hidden.pop(key)
        self.out.append(self.value(key))

    def value(self, key, number=65535):
        kind = self.kinds.get(key, ParamType.REAL32)
        fields = {"param_id": key, "param_value": self.values[key], "param_type": int(kind)}
        return Message("PARAM_VALUE", {**fields, "param_index": number, "param_count": len(self.values)})

    def receive(self, timeout_s):
        if not self.out:
            self.clock.sleep(timeout_s)
            return Message("ATTITUDE", {"roll": 0.0}) if self.chatter and self.rng.random() < 0.5 else None
        self.clock.sleep(0.001)
        message = self.out.pop(0)
        return None if self.rng.random() < self.loss else message


def shelf(**knobs):
    values = {"FIRST": 1.0, "RTL_ALT": 1500.0, "WPNAV_SPEED": 1000.0, "FENCE_ENABLE": 0.0}
    kinds = {"RTL_ALT": ParamType.INT32, "FENCE_ENABLE": ParamType.INT8}
    return Shelf(values, kinds, **knobs)


def test_a_parameter_is_set_and_read_back():
    vehicle = shelf()
    assert set_parameter(vehicle, "RTL_ALT", 1000, clock=vehicle.clock) == 1000
    assert get_parameter(vehicle, "RTL_ALT", clock=vehicle.clock) == 1000


@pytest.mark.parametrize("seed", range(40))
def test_with_a_third_lost_each_way_what_is_read_and_set_is_right(seed):
    vehicle = shelf(loss=0.3, seed=seed)
    assert read_parameter(vehicle, "WPNAV_SPEED", clock=vehicle.clock).value == 1000.0
    assert set_parameter(vehicle, "RTL_ALT", 2000, clock=vehicle.clock) == 2000
    assert vehicle.values["RTL_ALT"] == 2000


def test_a_name_that_the_vehicle_does_not_have_is_known_for_certain_and_soon():
    vehicle = shelf()
    with pytest.raises(UnknownParameterError, match="no parameter 'NOPE'"):
        get_parameter(vehicle, "NOPE", clock=vehicle.clock)
    assert vehicle.clock.now_s < 1.0


def test_the_nearest_names_are_offered():
    error = UnknownParameterError("WPNAV_SPED").among(["WPNAV_SPEED", "RTL_ALT", "WPNAV_RADIUS"])
    assert "did you mean WPNAV_SPEED" in str(error)
    assert "WPNAV_RADIUS" in str(UnknownParameterError("WPNAV_QQQQQQQ").among(["WPNAV_RADIUS", "RTL_ALT"]))


def test_a_vehicle_that_falls_silent_is_not_said_to_lack_the_parameter():
    vehicle = shelf(silent=True)
    with pytest.raises(ParameterError, match="does not answer for its parameter RTL_ALT") as told:
        get_parameter(vehicle, "RTL_ALT", clock=vehicle.clock)
    assert not isinstance(told.value, UnknownParameterError)
    assert vehicle.clock.now_s < 30


def test_a_name_of_another_firmware_is_told_with_its_new_name():
    vehicle = Shelf({"FIRST": 1.0, "WP_SPD": 10.0})
    with pytest.raises(UnknownParameterError, match=r"this firmware calls it WP_SPD, 0\.01 times the value"):
        get_parameter(vehicle, "WPNAV_SPEED", clock=vehicle.clock)
    changed = Shelf({"FIRST": 1.0, "ARMING_SKIPCHK": 0.0})
    with pytest.raises(UnknownParameterError, match="ARMING_SKIPCHK; its meaning differs"):
        get_parameter(changed, "ARMING_CHECK", clock=changed.clock)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("RTL_ALT", 1500.5, "RTL_ALT holds whole numbers, got 1500.5"),
        ("FENCE_ENABLE", 300, "FENCE_ENABLE holds -128 to 127, got 300"),
        ("WPNAV_SPEED", math.nan, "nan is no number"),
        ("WPNAV_SPEED", 1e60, "is no number that a vehicle can hold"),
    ],
)
def test_what_the_vehicle_would_round_or_cut_is_refused_before_it_is_sent(name, value, words):
    vehicle = shelf()
    with pytest.raises(ParameterError, match=words):
        set_parameter(vehicle, name, value, clock=vehicle.clock)
    assert vehicle.sets == []


def test_a_read_only_parameter_is_refused_by_us_or_by_the_vehicle():
    vehicle = Shelf({"STAT_BOOTCNT": 3.0, "FORMAT_X": 1.0}, denied=("FORMAT_X",))
    with pytest.raises(ParameterError, match="STAT_BOOTCNT is read-only"):
        set_parameter(vehicle, "STAT_BOOTCNT", 0, clock=vehicle.clock)
    with pytest.raises(ParameterError, match="denies writing FORMAT_X"):
        set_parameter(vehicle, "FORMAT_X", 0, clock=vehicle.clock)


def test_a_value_that_the_vehicle_does_not_take_is_an_error():
    vehicle = shelf(stubborn=("WPNAV_SPEED",))
    with pytest.raises(ParameterError, match="WPNAV_SPEED: 2 was set, the vehicle holds 1000"):
        set_parameter(vehicle, "WPNAV_SPEED", 2, clock=vehicle.clock)


@pytest.mark.parametrize("loss", [0.0, 0.2, 0.4])
def test_all_parameters_come_also_through_a_wire_that_loses(loss):
    values = {f"P{number}": float(number) for number in range(700)}
    vehicle = Shelf(values, loss=loss)
    found = fetch_parameters(vehicle, clock=vehicle.clock)
    assert values_of(found) == values


def test_a_vehicle_that_stops_in_the_list_is_told_with_the_count():
    vehicle = shelf()

    def stop(done, _total):
        vehicle.silent = done >= 2
        if vehicle.silent:
            vehicle.out.clear()

    with pytest.raises(ParameterError, match="sent 2 of 4 parameters and then no more"):
        fetch_parameters(vehicle, clock=vehicle.clock, on_progress=stop)


def test_numbers_that_shift_in_the_middle_of_the_list_leave_no_gap():
    fetch = Fetch()
    fetch.begin(0.0)
    old, new = shelf(), shelf()
    new.values = {"FIRST": 1.0, "ADDED": 2.0, **{k: v for k, v in old.values.items() if k != "FIRST"}}
    for number, key in enumerate(list(old.values)[:3]):
        fetch.take(old.value(key, number), 0.1)
    fetch.take(new.value("FENCE_ENABLE", 4), 0.2)
    assert not fetch.done
    asked = [fields["param_index"] for _, fields in fetch.tick(5.0)]
    assert asked == [0, 1, 2, 3]


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.from_regex(r"[A-Z][A-Z0-9_]{0,15}", fullmatch=True),
        st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
def test_a_written_file_reads_back_to_the_last_bit(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "값 1.param"
    write_parameters(values, path)
    assert {k: float32(v) for k, v in read_parameters(path).items()} == values


FILES = [
    "# head\nRTL_ALT 1000 # low\nCAM1_TYPE,1\nANGLE_MAX,3000,4\n",
    "#NOTE: 2026-08-08\r\nRTL_ALT,1000\r\nCAM1_TYPE,1\r\nANGLE_MAX,3000\r\n",
    "# Onboard parameters\n#\n1\t1\tRTL_ALT\t1000\t6\n1\t1\tCAM1_TYPE\t1\t2\n1\t1\tANGLE_MAX\t3000.0\t9\n",
    "RTL_ALT          1000.000000\nCAM1_TYPE 1 @READONLY\nANGLE_MAX 1\nangle_max 3000\n",
]


@pytest.mark.parametrize("text", FILES, ids=["ArduPilot", "Mission Planner", "QGroundControl", "MAVProxy"])
def test_files_of_every_ground_station_are_read(tmp_path, text):
    path = tmp_path / "a.param"
    path.write_text("\ufeff" + text, encoding="utf-8")
    assert read_parameters(path) == {"RTL_ALT": 1000, "CAM1_TYPE": 1, "ANGLE_MAX": 3000}


@pytest.mark.parametrize(
    "line", ["RTL_ALT", "RTL_ALT high", "RTL_ALT nan", "A_NAME_LONGER_THAN_16 1", "이름 1"]
)
def test_a_bad_line_is_named_with_its_number(tmp_path, line):
    with pytest.raises(BadFileError, match=r"a\.param: line 2: "):
        parse_parameters(f"CAM1_TYPE 1\n{line}\n", tmp_path / "a.param")


def test_the_table_of_renames_is_sound():
    assert len(renames()) > 70
    assert {r.since for r in renames()} == {(4, 4), (4, 5), (4, 6), NEWEST}
    assert len({r.old for r in renames()}) == len({r.new for r in renames()}) == len(renames())
    for rename in renames():
        assert len(rename.old) <= 16
        assert len(rename.new) <= 16
        assert spellings(rename.new)[0].name == rename.old


def test_a_setting_is_found_under_its_name_of_any_release_in_the_units_asked_for():
    assert look_up({"WPNAV_SPEED": 1000.0}, "WPNAV_SPEED") == 1000.0
    assert look_up({"WP_SPD": 10.0}, "WPNAV_SPEED") == pytest.approx(1000.0)
    assert look_up({"WPNAV_SPEED": 1000.0}, "WP_SPD") == pytest.approx(10.0)
    assert look_up({"MAV_GCS_SYSID": 255.0}, "SYSID_MYGCS") == 255.0


def test_a_setting_is_read_from_a_vehicle_of_any_release_or_is_unknown():
    older, newer = shelf(), Shelf({"FIRST": 1.0, "WP_SPD": 8.0, "ARMING_SKIPCHK": 0.0})
    assert read_setting(older, "WPNAV_SPEED", clock=older.clock) == 1000.0
    assert read_setting(newer, "WPNAV_SPEED", clock=newer.clock) == pytest.approx(800.0)
    assert read_setting(newer, "ARMING_CHECK", clock=newer.clock) is None
    assert read_setting(newer, "RTL_ALT", clock=newer.clock) is None
    silent = shelf(silent=True)
    assert read_setting(silent, "WPNAV_SPEED", clock=silent.clock) is None


@given(st.text(max_size=200))
def test_any_text_is_parameters_or_a_named_error(text):
    try:
        values = parse_parameters(text, Path("a.param"))
    except BadFileError as error:
        assert "a.param: line" in str(error)  # noqa: PT017  # either outcome is right
    else:
        assert all(math.isfinite(value) and len(name) <= 16 for name, value in values.items())


def test_what_is_not_found_or_means_something_else_is_unknown():
    assert look_up({}, "RTL_ALT") is None
    assert look_up({"ARMING_SKIPCHK": 0.0}, "ARMING_CHECK") is None
    assert translated("ARMING_CHECK", 1.0, {"ARMING_SKIPCHK": 0.0}) is None
    assert firmware_note((4, 6, 2)) is None
    assert "newer than the parameter table" in firmware_note((4, 8, 0))
    assert "older" in firmware_note((4, 1, 5))
    assert "does not say" in firmware_note(None)


def test_what_needs_a_restart_is_known_by_pattern():
    assert all(
        needs_restart(n) for n in ("SERIAL2_PROTOCOL", "BATT_MONITOR", "BATT3_MONITOR", "BATTB_MONITOR")
    )
    assert not any(needs_restart(n) for n in ("RTL_ALT", "BATT_LOW_VOLT", "SERIAL2_BAUD"))
    assert read_only("COMPASS_DEV_ID3")
    assert not read_only("COMPASS_OFS_X")


def test_a_file_is_compared_in_the_vehicles_own_names_and_units():
    held = {"WP_SPD": Parameter("WP_SPD", 10.0), "RTL_ALT_M": Parameter("RTL_ALT_M", float32(14.7))}
    held["STAT_RUNTIME"] = Parameter("STAT_RUNTIME", 99.0)
    wanted = {"WPNAV_SPEED": 800.0, "RTL_ALT": 1470.0, "STAT_RUNTIME": 1.0, "ARMING_CHECK": 1.0}
    found = compare_parameters(wanted, held)
    assert [(d.name, d.held, d.wanted, d.called) for d in found.different] == [
        ("WP_SPD", 10.0, 8.0, "WPNAV_SPEED")
    ]
    assert (found.alike, found.missing, found.own) == (1, ("ARMING_CHECK",), ("STAT_RUNTIME",))


def test_a_load_sets_what_differs_and_looks_again_where_a_group_appeared():
    vehicle = shelf(hidden={"FENCE_ENABLE": {"FENCE_RADIUS": 300.0}}, loss=0.1, seed=4)
    wanted = {
        "FENCE_RADIUS": 200.0,
        "FENCE_ENABLE": 1.0,
        "RTL_ALT": 1500.0,
        "GONE": 1.0,
        "WPNAV_SPEED": 900.0,
    }
    loaded = load_parameters(vehicle, wanted, clock=vehicle.clock, armed=lambda: False)
    assert {d.name: d.wanted for d in loaded.changed} == {
        "FENCE_ENABLE": 1.0, "WPNAV_SPEED": 900.0, "FENCE_RADIUS": 200.0
    }  # fmt: skip
    assert (loaded.alike, loaded.missing, dict(loaded.refused)) == (1, ("GONE",), {})
    assert vehicle.values["FENCE_RADIUS"] == 200.0


def test_a_load_goes_on_after_a_refusal_and_tells_it():
    vehicle = shelf()
    loaded = load_parameters(
        vehicle, {"FENCE_ENABLE": 500.0, "WPNAV_SPEED": 900.0}, clock=vehicle.clock, armed=lambda: False
    )
    assert list(loaded.refused) == ["FENCE_ENABLE"]
    assert [d.name for d in loaded.changed] == ["WPNAV_SPEED"]


@pytest.mark.parametrize("armed", [True, None])
def test_nothing_is_written_while_the_motors_are_on_or_may_be(armed):
    vehicle = shelf()
    with pytest.raises(ArmedError):
        load_parameters(vehicle, {"RTL_ALT": 1.0}, clock=vehicle.clock, armed=lambda: armed)
    assert vehicle.sets == []


@pytest.fixture(scope="module")
def arducopter():
    """A link to real ArduCopter."""
    if not os.environ.get("SKYSHADE_ARDUCOPTER"):
        pytest.skip("real ArduPilot is not here: set SKYSHADE_ARDUCOPTER")
    home, clock = Start(LonLat(127.11, 37.37), 40.0), RealClock()
    with (
        start_vehicle("ardupilot", home=home, instance=31, speedup=5) as vehicle,
        open_link(vehicle.address, clock, patience_s=5.0) as link,
    ):
        link.wait_vehicle(30)
        yield link


@pytest.mark.ardupilot
def test_real_arducopter_gives_all_its_parameters(arducopter, shared_data):
    found = fetch_parameters(arducopter)
    assert {p.count for p in found.values() if p.index is not None} == {len(found)}
    truth = read_parameters(shared_data / "flight" / "copter-4.6.2-sitl.param")
    assert len(truth) == 1392
    assert set(truth) <= set(found)
    compared = compare_parameters(truth, found)
    assert compared.alike > 1320
    assert compared.missing == ()


@pytest.mark.ardupilot
def test_real_arducopter_takes_values_of_every_type_and_denies_the_rest(arducopter):
    assert set_parameter(arducopter, "RTL_ALT", 2345) == 2345
    assert set_parameter(arducopter, "WPNAV_SPEED", 123.4) == float32(123.4)
    assert set_parameter(arducopter, "FENCE_ACTION", 4) == 4
    assert read_parameter(arducopter, "FENCE_ACTION").kind is ParamType.INT8
    with pytest.raises(UnknownParameterError):
        get_parameter(arducopter, "WP_SPD")
    with pytest.raises(ParameterError, match="holds whole numbers"):
        set_parameter(arducopter, "RTL_ALT", 1.5)
