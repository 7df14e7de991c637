"""Frames are cut out of whatever comes, as pymavlink cuts them; noise changes nothing."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linkfakes import Speaker, crc, dialect

from flight.codec import Decoder, extras_of
from flight.cutter import Cutter, checksum

EXTRAS = extras_of(dialect.mavlink_map)
ALL = [kind.msgname for kind in dialect.mavlink_map.values()]


def cutter():
    return Cutter(EXTRAS)


def frames(version=2):
    speaker = Speaker(7, 3, version=version)
    return [speaker.heartbeat(), speaker.attitude(2.5, 0.1, -0.2), speaker.text("Ready"), speaker.attitude(3)]


@given(st.binary(max_size=300), st.integers(0, 255))
def test_the_checksum_is_that_of_the_protocol(data, extra):
    assert checksum(data, extra) == crc(data + bytes([extra]))


@pytest.mark.parametrize("version", [1, 2])
@given(sizes=st.lists(st.integers(1, 40), min_size=1))
def test_frames_are_the_same_however_the_bytes_arrive(version, sizes):
    sent, cut, found, at = b"".join(frames(version)), cutter(), [], 0
    for size in sizes * (len(sent) // sum(sizes) + 1):
        found += cut.cut(sent[at : at + size])
        at += size
    assert [f.data for f in found] == frames(version)
    assert {(f.system, f.component, f.checked) for f in found} == {(7, 3, True)}
    assert [f.sequence for f in found] == [0, 1, 2, 3]
    assert cut.bad_bytes == 0


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=60), min_size=5, max_size=5))
def test_of_frames_in_noise_none_that_pymavlink_finds_is_missed(noise):
    mixed = b"".join(a + b for a, b in zip(noise, [*frames(), b""], strict=True)) + bytes(300)
    codec = dialect.MAVLink(None)
    codec.robust_parsing = True
    good = [bytes(m.get_msgbuf()) for m in codec.parse_buffer(mixed) if m.get_type() != "BAD_DATA"]
    known = [f.data for f in cutter().cut(mixed) if f.checked]
    assert {d for d in good if d in frames()} <= set(known)


def test_noise_is_counted_and_the_frames_behind_it_are_found():
    cut = cutter()
    first, second = frames()[:2]
    assert [f.data for f in cut.cut(b"noise" + first + b"\xfd" + bytes(12) + second)] == [first, second]
    assert cut.bad_bytes == 18


def test_frames_behind_a_beginning_without_end_are_found_when_nothing_more_comes():
    cut, (first, second) = cutter(), frames()[:2]
    assert cut.cut(b"\xfe\xff" + first + second) == []
    assert [f.data for f in cut.idle()] == [first, second]
    assert cut.cut(first[:9]) + cut.idle() == []
    assert [f.data for f in cut.cut(first[9:])] == [first]


@pytest.mark.parametrize("place", [1, 4, 5, 7, 12, -1])
def test_a_frame_with_one_wrong_bit_is_no_frame(place):
    spoilt = bytearray(frames()[1])
    spoilt[place] ^= 0x40
    found = [f.data for f in cutter().cut(bytes(spoilt) + frames()[2] + bytes(300)) if f.checked]
    assert found == [frames()[2]]


def test_a_signed_frame_is_kept_whole():
    speaker = Speaker(5, 1)
    speaker.codec.signing.secret_key = bytes(range(32))
    speaker.codec.signing.sign_outgoing = True
    signed = speaker.heartbeat()
    assert signed[2] == 1
    (found,) = cutter().cut(signed)
    assert found.data == signed
    assert Decoder(dialect.mavlink_map, ALL).decode(found)[1]["custom_mode"] == 4


def test_a_message_that_the_dialect_does_not_know_is_kept_as_it_is():
    unknown = b"\xfd\x03\0\0\x05\x01\x01\x11\x22\x33" + b"abc" + b"\x12\x34"
    known = frames()[0]
    found = cutter().cut(unknown + known)
    assert [(f.data, f.checked) for f in found] == [(unknown, False), (known, True)]


@settings(max_examples=60)
@given(st.sampled_from(sorted(dialect.mavlink_map)), st.integers(0, 2**32))
def test_every_message_is_decoded_as_pymavlink_decodes_it(number, seed):
    kind = dialect.mavlink_map[number]
    size = kind.unpacker.size
    payload = random.Random(seed).randbytes(size).rstrip(b"\0") or b"\0"
    head = bytes([len(payload), 0, 0, 9, 1, 1]) + number.to_bytes(3, "little")
    total = checksum(head + payload, kind.crc_extra)
    whole = b"\xfd" + head + payload + total.to_bytes(2, "little")
    (found,) = cutter().cut(whole)
    name, fields = Decoder(dialect.mavlink_map, ALL).decode(found)
    theirs = dialect.MAVLink(None).decode(bytearray(whole))
    assert name == theirs.get_type()
    for field in theirs.fieldnames:
        assert repr(fields[field]) == repr(getattr(theirs, field))


@pytest.mark.parametrize(
    "blob", [b"\xfd", b"\xfe", b"\xfd\xff\0", b"\xfe\xff\xfe", b"\xfd\0\0\0\0\1\1\0\0\0"]
)
def test_noise_made_to_look_like_frames_keeps_little_back(blob):
    cut = cutter()
    for _ in range(300):
        cut.cut(blob * 20)
        assert len(cut._rest) <= 280


def test_only_what_is_wanted_is_decoded():
    decoder = Decoder(dialect.mavlink_map, ["HEARTBEAT"])
    heartbeat, attitude = cutter().cut(frames()[0] + frames()[1])
    assert decoder.decode(heartbeat)[0] == "HEARTBEAT"
    assert decoder.decode(attitude) is None
    decoder.want(["ATTITUDE"])
    assert decoder.decode(attitude)[1]["time_boot_ms"] == 2500
    with pytest.raises(ValueError, match="NO_SUCH"):
        decoder.want(["NO_SUCH"])
