from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.tags import DataType, Tag
from console.errors import ConfigurationError
from console.sources.modbus_plan import (
    Block,
    Place,
    Table,
    agree,
    block_of,
    decode,
    place_of,
    plan_blocks,
    split_block,
)


def tag(
    address: str, data_type: DataType | None = DataType.UINT16, scale: float = 1.0, offset: float = 0.0
) -> Tag:
    return Tag(address, "device", address, data_type, scale, offset)


def shape(blocks: tuple[Block, ...]) -> list[tuple[str, int, int]]:
    return [(block.table.value, block.start, block.count) for block in blocks]


def test_neighbours_are_read_together() -> None:
    tags = [tag("holding:102"), tag("holding:100", DataType.UINT32), tag("holding:110")]
    assert shape(plan_blocks(tags, 120, 16)) == [("holding", 100, 11)]


def test_gap_that_is_too_wide_makes_two_reads() -> None:
    assert shape(plan_blocks([tag("holding:0"), tag("holding:5")], 120, 4)) == [("holding", 0, 6)]
    assert shape(plan_blocks([tag("holding:0"), tag("holding:5")], 120, 3)) == [
        ("holding", 0, 1),
        ("holding", 5, 1),
    ]


def test_tables_are_never_mixed_and_bits_count_in_sixteens() -> None:
    tags = [tag("coil:0", None), tag("coil:200", None), tag("discrete:1", None), tag("input:2")]
    assert shape(plan_blocks(tags, 120, 16)) == [("coil", 0, 201), ("discrete", 1, 1), ("input", 2, 1)]


def test_same_place_twice_and_inside_one_another() -> None:
    tags = [tag("holding:5:8", DataType.STRING), tag("holding:6"), tag("holding:6"), tag("holding:13")]
    blocks = plan_blocks(tags, 120, 0)
    assert shape(blocks) == [("holding", 5, 9)]
    assert len(blocks[0].places) == 4


SIZES = {kind: kind.registers for kind in DataType if kind is not DataType.STRING}


@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(sorted(SIZES)), st.sampled_from(["holding", "input"])),
        max_size=60,
    ),
    st.integers(4, 24),
    st.integers(0, 12),
)
def test_every_value_is_whole_in_one_legal_block(
    places: list[tuple[int, DataType, str]], max_block: int, max_gap: int
) -> None:
    tags = [Tag(f"t{i}", "d", f"{t}:{a}", k) for i, (a, k, t) in enumerate(places)]
    blocks = plan_blocks(tags, max_block, max_gap)
    planned = [place for block in blocks for place in block.places]
    assert sorted(p.tag.name for p in planned) == sorted(t.name for t in tags)
    for block in blocks:
        assert block.count <= max_block
        for place in block.places:
            assert block.start <= place.start
            assert place.end <= block.start + block.count
            assert place.table is block.table
    assert plan_blocks(reversed(tags), max_block, max_gap) is not None


def test_value_longer_than_the_limit_gets_its_own_block() -> None:
    assert shape(plan_blocks([tag("holding:0:20", DataType.STRING), tag("holding:20")], 10, 16)) == [
        ("holding", 0, 20),
        ("holding", 20, 1),
    ]


def test_split_finds_single_tags() -> None:
    (block,) = plan_blocks([tag(f"holding:{i}") for i in (0, 2, 9)], 120, 16)
    left, right = split_block(block)
    assert shape((left, right)) == [("holding", 0, 1), ("holding", 2, 8)]
    assert split_block(left) == ()


@pytest.mark.parametrize(
    ("address", "data_type"),
    [
        ("holding", DataType.UINT16),
        ("holding:x", DataType.UINT16),
        ("register:4", DataType.UINT16),
        ("holding:-1", DataType.UINT16),
        ("holding:65535", DataType.UINT32),
        ("holding:1:3", DataType.UINT32),
        ("holding:1", DataType.STRING),
        ("holding:1:126", DataType.STRING),
        ("holding:1:0", DataType.STRING),
        ("coil:1", DataType.UINT16),
        ("ns=2;s=Filler1.Good", DataType.UINT16),
    ],
)
def test_impossible_addresses_are_refused(address: str, data_type: DataType) -> None:
    with pytest.raises(ConfigurationError) as caught:
        place_of(tag(address, data_type))
    assert address in caught.value.what


LAYOUTS = [
    (DataType.INT16, ">h", -1234),
    (DataType.UINT16, ">H", 65535),
    (DataType.INT32, ">i", -70000),
    (DataType.UINT32, ">I", 4294967295),
    (DataType.INT64, ">q", -5_000_000_000),
    (DataType.UINT64, ">Q", 2**64 - 1),
    (DataType.FLOAT32, ">f", 71.5),
    (DataType.FLOAT64, ">d", 3.141592653589793),
]


@pytest.mark.parametrize(("data_type", "layout", "value"), LAYOUTS)
@pytest.mark.parametrize("word_order", ["big", "little"])
def test_decode_every_type_in_both_word_orders(
    data_type: DataType, layout: str, value: float, word_order: str
) -> None:
    raw = struct.pack(layout, value)
    words = list(struct.unpack(f">{len(raw) // 2}H", raw))
    if word_order == "little":
        words.reverse()
    decoded = decode(place_of(tag("holding:1", data_type)), words, word_order)
    assert decoded == value
    assert type(decoded) is type(value)


def test_decode_scales_and_keeps_integers_whole() -> None:
    scaled = place_of(tag("holding:1", DataType.INT16, scale=0.1, offset=-10.0))
    assert decode(scaled, [65411], "big") == pytest.approx(-22.5)
    huge = place_of(tag("holding:1", DataType.UINT64))
    assert decode(huge, [0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE], "big") == 2**64 - 2


def test_decode_text() -> None:
    place = place_of(tag("holding:1:4", DataType.STRING))
    assert decode(place, [0x4D4F, 0x2F31, 0x0000, 0x4141], "big") == "MO/1"
    assert decode(place, [0x4D4F, 0x2020, 0x2020, 0x2020], "little") == "MO"
    assert decode(place, [0xFFFE, 0, 0, 0], "big") is None


def test_decode_no_number() -> None:
    place = place_of(tag("holding:1", DataType.FLOAT32))
    assert decode(place, [0x7FC0, 0], "big") is None
    assert decode(place, [0x7F80, 0], "big") is None


def test_decode_bits() -> None:
    assert decode(place_of(tag("coil:1", None)), [True], "big") is True
    assert decode(place_of(tag("holding:1", DataType.BOOL)), [0], "big") is False
    assert decode(place_of(tag("holding:1", DataType.BOOL)), [4], "big") is True


@pytest.mark.parametrize(
    ("before", "after", "plausible"),
    [
        ([0, 5], [0, 9], True),
        ([0, 0], [0, 51_234], False),
        ([0xFFFF, 0xFFFE], [0, 3], True),  # across the rollover
        ([0, 9], [0, 5], True),
        ([1, 0], [0, 0], False),
    ],
)
def test_two_reads_agree(before: list[int], after: list[int], plausible: bool) -> None:
    place = place_of(tag("holding:1", DataType.UINT32))
    assert agree(place, before, after, "big") is plausible
    assert agree(place, before[::-1], after[::-1], "little") is plausible


def test_only_integers_are_judged() -> None:
    place = place_of(tag("holding:1", DataType.FLOAT32))
    assert agree(place, [0, 0], [0x428F, 0], "big")


def test_block_of_is_the_smallest() -> None:
    places = [Place(tag("x"), Table.INPUT, start, 2, DataType.UINT32) for start in (8, 3)]
    assert (block_of(places).start, block_of(places).count) == (3, 7)
