import pytest

from skyshade.day.turns import Turns


def told(turns, story, name, *sleeps):
    def work():
        for seconds in sleeps:
            story.append((turns.now_s, name))
            turns.sleep(seconds)
        story.append((turns.now_s, name))

    return work


def test_threads_wake_in_the_order_of_their_times():
    turns, story = Turns(1000.0), []
    turns.start(told(turns, story, "slow", 5.0, 5.0))
    turns.start(told(turns, story, "quick", 2.0, 2.0), in_s=1.0)
    turns.run()
    expected = [(0.0, "slow"), (1.0, "quick"), (3.0, "quick"), (5.0, "slow"), (5.0, "quick"), (10.0, "slow")]
    assert story == expected
    assert turns.utc_s() == 1010.0


def test_of_two_who_wake_together_the_first_to_sleep_goes_first():
    turns, story = Turns(0.0), []
    for name in "abc":
        turns.start(told(turns, story, name, 1.0))
    turns.run()
    assert [name for _, name in story] == list("abcabc")


def test_nobody_sleeps_backwards():
    turns, story = Turns(0.0), []
    turns.start(told(turns, story, "a", -5.0))
    turns.run()
    assert story == [(0.0, "a"), (0.0, "a")]


def test_a_thread_may_start_another():
    turns, story = Turns(0.0), []
    turns.start(lambda: turns.start(told(turns, story, "child"), in_s=3.0))
    turns.run()
    assert story == [(3.0, "child")]


def test_an_error_in_a_thread_is_raised_where_the_day_is_run():
    def broken():
        turns.sleep(1.0)
        raise KeyError("gone")

    turns = Turns(0.0)
    turns.start(broken)
    with pytest.raises(KeyError, match="gone"):
        turns.run()


def test_once_asked_to_stop_nobody_goes_on_and_everybody_comes_to_an_end():
    turns, story = Turns(0.0), []

    def work(name):
        try:
            for _ in range(10):
                turns.sleep(1.0)
                story.append((turns.now_s, name))
        finally:
            story.append("ended")

    for name in "ab":
        turns.start(lambda name=name: work(name))
    turns.start(lambda: story.append("never"), in_s=100.0)
    assert not turns.run(stop=lambda: len(story) >= 5)
    assert story[:5] == [(1.0, "a"), (1.0, "b"), (2.0, "a"), (2.0, "b"), (3.0, "a")]
    assert story[5:] == ["ended", "ended"]


def test_a_clock_that_runs_out_was_not_stopped():
    turns = Turns(0.0)
    turns.start(lambda: turns.sleep(3.0))
    assert turns.run()
