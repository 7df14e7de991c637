"""Connections that break are made anew by themselves; each vehicle gets its own messages and no other's."""

import os
import socket
import tty

import pytest
from linkfakes import Speaker, TcpVehicle, dialect, read_by_pymavlink, until

from core.clock import RealClock
from core.errors import OutputError, SkyshadeError
from flight.hearing import Reopening
from flight.link import Link, Target, open_line, open_link
from flight.polled import PolledPipe
from flight.ports import Address, LinkError, SerialPipe, UdpPipe, parse_address

CLOCK = RealClock()


@pytest.fixture
def vehicle():
    with TcpVehicle() as standing:
        yield standing


def spoken(vehicle, link, *frames):
    """Say frames until the link has a target."""
    assert until(lambda: vehicle.say(*frames) or link.target is not None)
    return link


def texts(link):
    found = []
    while (message := link.receive(0.3)) is not None:
        if message.name == "STATUSTEXT":
            found.append(message.fields["text"])
    return found


def kinds(link):
    return [event.kind for event in link.take_events()]


def test_a_tcp_connection_that_drops_is_made_anew_and_the_recording_goes_on(vehicle, tmp_path):
    speaker, path = Speaker(), tmp_path / "비행.tlog"
    with open_link(vehicle.address, CLOCK, log_path=path) as link:
        spoken(vehicle, link, speaker.heartbeat(), speaker.text("before"))
        vehicle.hang_up()
        assert until(lambda: vehicle.ends)
        assert until(lambda: (vehicle.say(speaker.text("after")), "after" in texts(link))[1])
        assert kinds(link)[:2] == ["broken", "back"]
    words = [m.text for m in read_by_pymavlink(path) if m.get_type() == "STATUSTEXT"]
    assert "before" in words
    assert "after" in words


def test_while_a_connection_is_broken_its_user_gets_silence():
    vehicle = TcpVehicle()
    with open_link(vehicle.address, CLOCK) as link:
        spoken(vehicle, link, Speaker().heartbeat())
        vehicle.close()
        assert until(lambda: "broken" in kinds(link))
        while link.receive(0.01) is not None:
            pass
        link.send("MISSION_REQUEST_LIST", {"mission_type": 0})
        assert link.receive(0.05) is None


def test_without_reconnection_a_break_is_an_error_at_once(vehicle):
    with open_link(vehicle.address, CLOCK, reconnect_s=0.0) as link:
        spoken(vehicle, link, Speaker().heartbeat())
        vehicle.hang_up()
        with pytest.raises(LinkError, match="closed by the vehicle's side"):
            while True:
                link.receive(0.05)


def test_a_simulated_vehicle_that_ended_is_told_and_not_waited_for(vehicle):
    with open_link(vehicle.address, CLOCK, alive=lambda: False) as link:
        spoken(vehicle, link, Speaker().heartbeat())
        vehicle.hang_up()
        with pytest.raises(LinkError, match="the simulated vehicle has ended"):
            while True:
                link.receive(0.05)


def test_a_connection_that_stays_broken_ends_after_the_time_given():
    vehicle = TcpVehicle()
    with open_link(vehicle.address, CLOCK, reconnect_s=0.3) as link:
        spoken(vehicle, link, Speaker().heartbeat())
        vehicle.close()
        with pytest.raises(LinkError, match="stayed broken for"):
            while True:
                link.receive(0.05)


def test_a_udp_vehicle_that_comes_from_another_port_is_answered_there():
    with open_link(f"udpin:127.0.0.1:{free_udp_port()}", CLOCK) as link, udp() as first, udp() as second:
        here = ("127.0.0.1", parse_address(link.name).port)
        speaker = Speaker()
        for end in (first, second):
            end.sendto(speaker.heartbeat(), here)
            assert until(lambda: link.target is not None)
            assert until(lambda end=end: (end.sendto(speaker.heartbeat(), here), asked(link, end))[1])


def test_several_vehicles_on_one_port_are_each_answered_where_they_are():
    line = open_line(f"udpin:127.0.0.1:{free_udp_port()}", CLOCK)
    here = ("127.0.0.1", parse_address(line.name).port)
    with udp() as one, udp() as two:
        links = {system: Link(line, CLOCK, name="shared", system=system) for system in (1, 2)}
        for system, end in ((1, one), (2, two)):
            speaker = Speaker(system)
            assert until(lambda e=end, s=speaker, n=system: e.sendto(s.heartbeat(), here) and links[n].target)
            end.sendto(speaker.text(f"I am {system}"), here)
        assert [texts(links[1]), texts(links[2])] == [["I am 1"], ["I am 2"]]
        assert until(lambda: asked(links[2], two))
        assert dialect.MAVLINK_MSG_ID_PARAM_REQUEST_LIST not in ids(drained(one))
    line.close()


def test_a_second_vehicle_on_a_link_is_told_and_changes_nothing(vehicle):
    with open_link(vehicle.address, CLOCK) as link:
        spoken(vehicle, link, Speaker(1).heartbeat())
        other = Speaker(2)
        vehicle.say(other.heartbeat(), other.text("I am the other"), other.attitude(99.0))
        vehicle.say(Speaker(1).text("I am the one"))
        assert texts(link) == ["I am the one"]
        assert link.target == Target(1, 1)
        assert link.vehicle_s is None
        assert kinds(link) == ["others"]


@pytest.mark.parametrize(
    "stranger",
    [
        Speaker(255, 190).heartbeat(kind=6, autopilot=8),
        Speaker(254, 1).heartbeat(kind=6, autopilot=0),
        Speaker(1, 154).heartbeat(kind=26, autopilot=8),
        Speaker(1, 191).heartbeat(kind=18, autopilot=3),
        Speaker(255, 1).heartbeat(),
        Speaker(0, 1).heartbeat(),
    ],
    ids=["station", "station as autopilot", "gimbal", "companion", "our own id", "nobody's id"],
)
def test_anothers_heartbeat_is_never_taken_for_the_vehicles(vehicle, stranger):
    with open_link(vehicle.address, CLOCK) as link:
        assert until(lambda: vehicle.ends)
        vehicle.say(stranger, stranger)
        assert until(lambda: link.quality.received >= 2)
        assert link.target is None
        spoken(vehicle, link, Speaker(3).heartbeat())
        assert link.target == Target(3, 1)


def test_a_wanted_vehicle_is_waited_for_though_another_speaks_first(vehicle):
    with open_link(vehicle.address, CLOCK, system=7) as link:
        assert until(lambda: vehicle.ends)
        vehicle.say(Speaker(1).heartbeat(), Speaker(1).attitude(5.0))
        spoken(vehicle, link, Speaker(7).heartbeat())
        assert link.target == Target(7, 1)


@pytest.fixture
def cable(tmp_path):
    """A serial cable: its near end as a path that stays, and how to pull it and put it back."""
    return Cable(tmp_path / "케이블")


class Cable:
    def __init__(self, path):
        self.path = path
        self.put_back()

    def put_back(self):
        self.far, near = os.openpty()
        tty.setraw(near)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(near))
        self.near = near

    def pull(self):
        self.path.unlink()
        os.close(self.near)
        os.close(self.far)


@pytest.mark.parametrize("polled", [False, True], ids=["waited for", "polled"])
def test_a_cable_that_is_pulled_and_put_back_is_taken_up_again(cable, polled):
    address, speaker = Address("serial", str(cable.path), 57600), Speaker()

    def plug():
        return PolledPipe(SerialPipe(address)) if polled else SerialPipe(address)

    with Link(plug(), CLOCK, name=str(address), reopening=Reopening(plug)) as link:
        assert until(lambda: os.write(cable.far, speaker.heartbeat()) and link.target)
        assert until(lambda: b"\xfd" in os.read(cable.far, 1000))
        cable.pull()
        assert until(lambda: "broken" in kinds(link))
        cable.put_back()
        assert until(lambda: "back" in kinds(link))
        os.write(cable.far, speaker.text("here again"))
        assert texts(link) == ["here again"]


def test_a_recording_holds_both_ways_signed_and_unknown_messages_as_they_were(vehicle, tmp_path):
    speaker, signer, path = Speaker(), Speaker(), tmp_path / "both.tlog"
    signer.codec.signing.secret_key = bytes(32)
    signer.codec.signing.sign_outgoing = True
    unknown = b"\xfd\x03\0\0\x05\x01\x01\x11\x22\x33abc\x12\x34"
    signed = signer.text("signed")
    with open_link(vehicle.address, CLOCK, log_path=path) as link:
        spoken(vehicle, link, speaker.heartbeat())
        vehicle.say(unknown, signed)
        link.send("PARAM_REQUEST_READ", {"param_id": b"RTL_ALT", "param_index": -1})
        assert texts(link) == ["signed"]
    data = path.read_bytes()
    assert unknown in data
    assert signed in data
    heard = {(m.get_srcSystem(), m.get_type()) for m in read_by_pymavlink(path)}
    assert {(1, "HEARTBEAT"), (1, "STATUSTEXT"), (255, "PARAM_REQUEST_READ"), (255, "HEARTBEAT")} <= heard


def test_a_recording_that_cannot_be_written_is_one_clear_error(vehicle, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        open_link(vehicle.address, CLOCK, log_path=tmp_path / "file" / "x.tlog")


def test_silence_is_told_and_its_end_too(vehicle):
    with open_link(vehicle.address, CLOCK) as link:
        spoken(vehicle, link, Speaker().heartbeat())
        assert not link.stale
        assert until(lambda: link.stale)
        assert until(lambda: "stale" in kinds(link), 1.0)
        vehicle.say(Speaker().heartbeat())
        assert until(lambda: "heard" in kinds(link))
        assert not link.stale


def test_a_text_whose_end_is_lost_is_given_out_after_a_moment(vehicle):
    with open_link(vehicle.address, CLOCK) as link:
        spoken(vehicle, link, Speaker().heartbeat())
        vehicle.say(Speaker().text("x" * 50, number=3))
        found = []
        assert until(lambda: found.extend(texts(link)) or found)
    assert found == ["x" * 50 + " ..."]


def test_a_radio_says_how_well_it_hears(vehicle):
    radio = Speaker(51, 68, version=1)
    with open_link(vehicle.address, CLOCK) as link:
        spoken(vehicle, link, Speaker().heartbeat())
        vehicle.say(radio.frame(dialect.MAVLink_radio_status_message(190, 255, 80, 30, 40, 3, 2)))
        assert until(lambda: link.quality.radio is not None)
        radio = link.quality.radio
    assert (radio.rssi, radio.remote_rssi, radio.buffer_free_percent, radio.errors) == (190, None, 80, 3)


def test_an_unknown_message_is_refused_by_name(vehicle):
    with open_link(vehicle.address, CLOCK) as link, pytest.raises(SkyshadeError, match="NO_SUCH"):
        link.send("NO_SUCH", {})


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tcpout:10.0.0.1:5760", Address("tcp", "10.0.0.1", 5760)),
        ("tcp://vehicle:5760", Address("tcp", "vehicle", 5760)),
        ("udpout:10.0.0.1:14550", Address("udp", "10.0.0.1", 14550)),
        ("udpin://127.0.0.2:14540", Address("udpin", "127.0.0.2", 14540)),
        ("127.0.0.1:14550", Address("udpin", "127.0.0.1", 14550)),
        ("serial:/dev/ttyACM0:115200", Address("serial", "/dev/ttyACM0", 115200)),
        ("serial:///dev/ttyACM0:115200", Address("serial", "/dev/ttyACM0", 115200)),
        ("/dev/ttyUSB0", Address("serial", "/dev/ttyUSB0", 57600)),
        ("COM3,115200", Address("serial", "COM3", 115200)),
    ],
)
def test_addresses_are_taken_as_other_stations_write_them(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text", ["", ":", "udp::14550", "tcp:h:0", "1:2:3", "serial:COM3:fast", "/dev/x,y", "h:"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(LinkError, match="is no vehicle address"):
        parse_address(text)


def udp():
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.bind(("127.0.0.1", 0))
    end.settimeout(0.05)
    return end


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def drained(end):
    data = b""
    try:
        while True:
            data += end.recv(4096)
    except TimeoutError:
        return data


def ids(data):
    codec = dialect.MAVLink(None)
    codec.robust_parsing = True
    return [m.get_msgId() for m in codec.parse_buffer(data) or ()]


def asked(link, end):
    """Whether a request of the link arrives at `end`."""
    link.send("PARAM_REQUEST_LIST", {})
    return dialect.MAVLINK_MSG_ID_PARAM_REQUEST_LIST in ids(drained(end))


def test_a_udp_pipe_answers_each_system_at_its_place():
    pipe = UdpPipe(Address("udpin", "127.0.0.1", free_udp_port()))
    here = ("127.0.0.1", pipe._address.port)
    with udp() as one, udp() as two:
        for system, end in ((1, one), (2, two)):
            end.sendto(b"hello", here)
            assert pipe.read(1.0) == b"hello"
            assert pipe.learn(system)
            assert not pipe.learn(system)
        pipe.write(b"to one", 1)
        pipe.write(b"to all")
        assert (one.recv(99), one.recv(99), two.recv(99)) == (b"to one", b"to all", b"to all")
    pipe.close()
