import socket
import time
from collections.abc import Iterator
from unittest import mock

import pytest
from django.conf import settings
from django.db import transaction
from django.test import RequestFactory
from redis import Redis

from bpjs_service import events

CHANNELS = ["test-1", "test-2"]
NOBODY = "redis://127.0.0.1:1/0"  # nothing listens there


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        client.delete(*map(events.number_key, CHANNELS), events.ended_key("test-9"))
        yield client


@pytest.fixture
def topic(redis):
    with redis.pubsub() as pubsub:
        pubsub.subscribe(events.topic(settings.REDIS_URL))
        assert pubsub.get_message(timeout=1)["type"] == "subscribe"
        yield pubsub


def heard(topic, count):
    return [topic.get_message(timeout=1)["data"] for _ in range(count)]


@pytest.fixture
def publisher():
    return events.Publisher(settings.REDIS_URL)


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_announce_publishes_channel_and_number_only(redis, topic):
    events.announce("test-1")

    number = redis.get(events.number_key("test-1"))
    assert heard(topic, 1) == [f"changed {number} test-1"]


def test_announce_numbers_increase_by_one_within_a_millisecond(redis, publisher):
    ahead = int(time.time() * 1000) + 60_000
    redis.set(events.number_key("test-1"), ahead)

    publisher.announce("test-1")
    publisher.announce("test-1")

    assert redis.get(events.number_key("test-1")) == str(ahead + 2)


def test_announce_numbers_increase_after_redis_lost_its_data(redis, publisher):
    key = events.number_key("test-1")
    numbers = []
    for _ in range(3):
        publisher.announce("test-1")
        numbers.append(int(redis.get(key)))
        redis.delete(key)  # all that FLUSHDB does to a number
        time.sleep(0.002)

    assert numbers == sorted(set(numbers))


def test_announce_repairs_a_damaged_number(redis, publisher):
    redis.set(events.number_key("test-1"), "damaged")

    publisher.announce("test-1")

    assert redis.get(events.number_key("test-1")).isdigit()


def test_announce_with_redis_down_returns_at_once(caplog):
    publisher = events.Publisher(NOBODY)

    started = time.monotonic()
    for _ in range(1000):
        publisher.announce("test-1")

    assert time.monotonic() - started < 0.3
    assert len(caplog.records) == 1


def test_announce_with_redis_hanging_waits_once(silent_redis):
    publisher = events.Publisher(silent_redis)

    started = time.monotonic()
    for _ in range(1000):
        publisher.announce("test-1")

    assert time.monotonic() - started < 0.3


def test_announce_sends_what_was_missed(redis, topic, publisher):
    publisher.paused_until = time.monotonic() + 60
    publisher.announce("test-2")
    publisher.announce("test-2")
    publisher.paused_until = 0.0

    publisher.announce("test-1")
    publisher.announce("test-1")

    names = [text.split()[2] for text in heard(topic, 3)]
    assert names == ["test-1", "test-2", "test-1"]


def test_announce_keeps_what_failed_until_redis_is_back(redis, topic, publisher):
    down = events.Publisher(NOBODY)
    down.announce("test-2")

    down.redis, down.paused_until = publisher.redis, 0.0
    down.topic = publisher.topic
    down.announce("test-1")

    assert [text.split()[2] for text in heard(topic, 2)] == CHANNELS


def test_missed_channels_are_bounded():
    publisher = events.Publisher(NOBODY)
    for number in range(events.MAX_MISSED + 50):
        publisher.announce(f"test-{number}")

    assert len(publisher.missed) == events.MAX_MISSED


@pytest.mark.django_db
def test_announce_on_commit_announces_once(django_capture_on_commit_callbacks):
    with (
        mock.patch.object(events, "announce") as announce,
        django_capture_on_commit_callbacks(execute=True),
    ):
        events.announce_on_commit("test-1")
        events.announce_on_commit("test-2")
        events.announce_on_commit("test-1")
        assert announce.call_args_list == []

    assert announce.call_args_list == [mock.call("test-1"), mock.call("test-2")]


@pytest.mark.django_db
def test_announce_on_commit_survives_a_rolled_back_savepoint(
    django_capture_on_commit_callbacks,
):
    with (
        mock.patch.object(events, "announce") as announce,
        django_capture_on_commit_callbacks(execute=True),
    ):
        with transaction.atomic():
            events.announce_on_commit("test-1")
            transaction.set_rollback(True)
        events.announce_on_commit("test-1")

    assert announce.call_args_list == [mock.call("test-1")]


def test_end_streams_publishes_and_remembers(redis, topic):
    before = int(time.time() * 1000)

    events.end_streams("test-9")

    at_ms = int(redis.get(events.ended_key("test-9")))
    assert before <= at_ms <= int(time.time() * 1000)
    assert heard(topic, 1) == [f"end {at_ms} test-9"]


def test_end_streams_with_redis_down_does_not_raise():
    publisher = events.Publisher(NOBODY)

    publisher.end("test-9", 1)

    assert publisher.paused_until > time.monotonic()


def test_topic_is_of_one_redis_database():
    assert events.topic("redis://127.0.0.1:6379/3") == "live:3"
    assert events.topic("redis://127.0.0.1:6379") == "live:0"


def test_stream_token_carries_channels_and_subject():
    claims = events.read_stream_token(events.stream_token(CHANNELS, "device-7"))

    assert claims.channels == ("test-1", "test-2")
    assert claims.subject == "device-7"
    assert abs(claims.issued_ms / 1000 - time.time()) < 2


@pytest.mark.parametrize("token", ["", "x", "W10:abc", "é:ü"])
def test_stream_token_forged_is_refused(token):
    with pytest.raises(events.StreamTokenError):
        events.read_stream_token(token)


def test_stream_token_changed_is_refused():
    token = events.stream_token(["test-1"], "device-7")
    other = events.stream_token(["test-2"], "device-7")

    with pytest.raises(events.StreamTokenError):
        events.read_stream_token(other.split(":")[0] + ":" + token.split(":")[1])


def test_stream_token_expires():
    token = events.stream_token(["test-1"], "device-7")

    later = time.time() + events.TOKEN_SECONDS + 1
    with (
        mock.patch.object(events.time, "time", return_value=later),
        pytest.raises(events.StreamTokenError),
    ):
        events.read_stream_token(token)


@pytest.mark.parametrize(
    ("channels", "subject"),
    [([], "device-7"), (["a\nb"], "device-7"), ([""], "device-7"), (["a"], "x y")],
)
def test_stream_token_refuses_names_of_more_than_a_word(channels, subject):
    with pytest.raises(ValueError, match="not a channel or subject"):
        events.stream_token(channels, subject)


def request(host="testserver", **extra):
    return RequestFactory(headers={"host": host}).get("/", **extra)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8000", "http://localhost:8001"),
        ("localhost", "http://localhost:8001"),
        ("[::1]:8000", "http://[::1]:8001"),
    ],
)
def test_stream_url_uses_the_same_host_and_the_live_port(settings, host, origin):
    settings.LIVE_URL, settings.LIVE_PORT = "", 8001
    settings.ALLOWED_HOSTS = ["localhost", "[::1]"]

    assert events.stream_url(request(host), "a:b") == f"{origin}/live/?token=a%3Ab"
    assert events.live_origin(request(host)) == origin


def test_stream_url_is_a_path_behind_a_proxy(settings):
    settings.LIVE_URL = "/live/"

    assert events.stream_url(request(), "a:b") == "/live/?token=a%3Ab"
    assert events.live_origin(request()) == "'self'"
