"""A sequence whose items beyond a number lie on disk."""

from hypothesis import given
from hypothesis import strategies as st

from invenio_obscore.spool import Spool


@given(st.lists(st.text(max_size=5), max_size=30), st.integers(0, 10))
def test_it_is_the_list(items: list[str], in_memory: int) -> None:
    spool = Spool(items[:3], in_memory=in_memory)
    spool += items[3:]
    assert list(spool) == items
    assert len(spool) == len(items)
    assert spool[2:9] == items[2:9]
    assert [spool[n] for n in range(-len(items), len(items))] == items + items


def test_a_changed_item_is_put_back() -> None:
    spool = Spool([[n] for n in range(5)], in_memory=2)
    for number, item in enumerate(spool):
        item.append("seen")
        spool.replace(number, item)
    assert list(spool) == [[n, "seen"] for n in range(5)]
