import asyncio
import time
from unittest import mock

import httpx
import pytest
from django.conf import settings
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from bpjs_service import events, hub
from bpjs_service import live as live_module
from bpjs_service.events import announce, end_streams, stream_token
from tests.bpjs_service.live_page import (
    Page,
    free_port,
    granian,
    live,
    read_frame,
    run,
    until,
)

SUBJECT = "test-9"


@pytest.fixture(autouse=True)
def _fresh_redis(monkeypatch):
    monkeypatch.setattr(hub, "SPREAD_SECONDS", 0.05)
    keys = [events.number_key("test-1"), events.number_key("test-2")]
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete(*keys, events.ended_key(SUBJECT))
        yield


def token(*channels):
    return stream_token(channels or ["test-1"], SUBJECT)


def test_stream_starts_with_changed_and_the_newest_number():
    async def test():
        async with live() as application:
            page = Page(application, token())
            status, headers = await page.started()
            retry = (await page.next())["body"]
            first = await page.frame()

        assert status == 200
        assert headers == {
            "cache-control": "no-store",
            "content-type": "text/event-stream",
            "vary": "origin",
            "x-accel-buffering": "no",
        }
        assert 2000 <= int(retry.decode().removeprefix("retry: ")) <= 4000
        assert first == {"id": "0", "event": "changed", "data": "test-1"}

    run(test())


def test_announcement_reaches_both_pages_and_not_another_channel():
    async def test():
        async with live() as application:
            pages = [Page(application, token()) for _ in range(2)]
            other = Page(application, token("test-2"))
            for page in [*pages, other]:
                await page.opened()

            announce("test-1")

            first, second = [await page.frame() for page in pages]
            assert first == second
            assert first["data"] == "test-1"
            assert int(first["id"]) > 0
            assert other.messages.empty()

    run(test())


def test_burst_becomes_few_events_and_the_last_number_arrives():
    async def test():
        async with live() as application:
            page = Page(application, token())
            await page.opened()

            publisher = events.Publisher(settings.REDIS_URL)
            await asyncio.to_thread(
                lambda: [publisher.announce("test-1") for _ in range(500)]
            )
            newest = publisher.redis.get(events.number_key("test-1")).decode()

            stream = next(iter(application.hub.streams))
            await until(lambda: stream.seen["test-1"] == int(newest))
            ids = []
            while not page.messages.empty():
                ids.append(int((await page.frame())["id"]))
            assert ids == sorted(set(ids))
            assert ids[-1] == int(newest)
            assert application.hub.newest == {"test-1": int(newest)}

    run(test())


def test_changes_within_one_turn_of_the_loop_become_one_event():
    async def test():
        async with live() as application:
            page = Page(application, token())
            await page.opened()

            for number in range(1, 6):
                application.hub._hear(f"changed {number} test-1")

            frame = await page.frame()
            assert frame["id"] == "5"
            assert page.messages.empty()

    run(test())


def test_resume_with_the_newest_number_hears_no_change():
    async def test():
        announce("test-1")
        async with live() as application:
            newest = (await Page(application, token()).opened())["id"]

            by_header = Page(application, token(), last_event_id=newest)
            by_query = Page(application, token(), last=newest)

            same = {"id": newest, "event": "ping", "data": "-"}
            assert await by_header.opened() == same
            assert await by_query.opened() == same

    run(test())


@pytest.mark.parametrize("last", ["1", "0", "x", "1.2", "-1", "²", "9" * 5000])
def test_resume_with_another_number_hears_changed(last):
    async def test():
        announce("test-1")
        async with live() as application:
            page = Page(application, token(), last=last)

            assert (await page.opened())["event"] == "changed"

    run(test())


def test_resume_of_two_channels_hears_the_one_that_changed():
    async def test():
        announce("test-1")
        announce("test-2")
        async with live() as application:
            both = token("test-1", "test-2")
            page = Page(application, both)
            await page.opened()
            stream = next(iter(application.hub.streams))
            last = f"{stream.seen['test-1']}.{stream.seen['test-2']}"
            await asyncio.sleep(0.002)
            announce("test-2")

            again = await Page(application, both, last_event_id=last).opened()

        assert again["event"] == "changed"
        assert again["data"] == "test-2"
        assert again["id"].split(".")[0] == last.split(".", maxsplit=1)[0]

    run(test())


def test_ping_when_nothing_happens(monkeypatch):
    monkeypatch.setattr(live_module, "PING_SECONDS", 0.05)

    async def test():
        async with live() as application:
            page = Page(application, token())
            await page.opened()

            assert (await page.frame())["event"] == "ping"
            assert (await page.frame())["event"] == "ping"

    run(test())


def test_no_ping_while_redis_is_away(monkeypatch):
    monkeypatch.setattr(live_module, "PING_SECONDS", 0.05)

    async def test():
        async with live() as application:
            page = Page(application, token())
            await page.opened()
            application.hub.subscribed = False
            await asyncio.sleep(0.1)
            while not page.messages.empty():
                page.messages.get_nowait()

            with pytest.raises(TimeoutError):
                await page.next(0.3)

    run(test())


def test_quiet_redis_is_asked_whether_it_lives(monkeypatch):
    monkeypatch.setattr(hub, "REDIS_SILENCE_SECONDS", 0.02)

    async def test():
        async with live() as application:
            page = Page(application, token())
            await page.opened()
            await asyncio.sleep(0.1)
            assert application.hub.subscribed

            announce("test-1")

            assert (await page.frame())["event"] == "changed"

    run(test())


def test_hanging_redis_is_given_up(monkeypatch):
    monkeypatch.setattr(hub, "REDIS_SILENCE_SECONDS", 0.02)
    monkeypatch.setattr(hub, "REDIS_TIMEOUT", 0.05)
    monkeypatch.setattr(hub.PubSub, "ping", mock.AsyncMock())

    async def test():
        async with live() as application:
            await until(lambda: not application.hub.subscribed)

    run(test())


def test_lost_subscription_comes_back_and_tells_every_page():
    async def test():
        async with live() as application:
            page = Page(application, token())
            first = await page.opened()

            redis = AsyncRedis.from_url(settings.REDIS_URL)
            for client in await redis.client_list(_type="pubsub"):
                if client["name"] == "live" and client["db"] == db():
                    await redis.client_kill_filter(_id=client["id"])
            await redis.aclose()

            again = await page.frame()
            assert again == first
            await until(lambda: application.hub.subscribed)
            announce("test-1")
            assert (await page.frame())["event"] == "changed"

    run(test())


def db():
    return events.topic(settings.REDIS_URL).removeprefix("live:")


def test_stream_opened_while_redis_is_down_hears_changed_later(monkeypatch):
    async def test():
        application = live_module.LiveApplication()
        application.hub = hub.Hub(settings.REDIS_URL)
        good = application.hub.redis
        application.hub.redis = AsyncRedis.from_url("redis://127.0.0.1:1/0")
        page = Page(application, token())
        status, _headers = await page.started()
        assert status == 200
        assert (await page.next())["body"].startswith(b"retry: ")
        assert page.messages.empty()

        application.hub.redis = good

        assert (await page.frame())["event"] == "changed"
        await application.hub.close()

    run(test())


def test_end_streams_closes_the_subjects_streams_only():
    async def test():
        async with live() as application:
            ended = Page(application, token())
            other = Page(application, stream_token(["test-1"], "test-8"))
            await ended.opened()
            await other.opened()

            end_streams(SUBJECT)

            assert await ended.closed(1)
            await ended.task
            assert other.messages.empty()
            assert len(application.hub.streams) == 1

    run(test())


def test_token_of_before_the_end_is_refused_and_a_later_one_is_not():
    async def test():
        async with live() as application:
            before = token()
            await asyncio.sleep(0.002)
            end_streams(SUBJECT)
            await asyncio.sleep(0.002)

            status, _headers = await Page(application, before).started()
            later, _headers = await Page(application, token()).started()

        assert (status, later) == (403, 200)

    run(test())


def test_end_missed_during_a_break_takes_effect_after_it():
    async def test():
        application = live_module.LiveApplication()
        application.hub = hub.Hub(settings.REDIS_URL)
        good = application.hub.redis
        application.hub.redis = AsyncRedis.from_url("redis://127.0.0.1:1/0")
        page = Page(application, token())
        await page.started()
        await asyncio.sleep(0.002)
        end_streams(SUBJECT)

        application.hub.redis = good

        assert await page.closed()
        await application.hub.close()

    run(test())


def test_stream_ends_when_its_token_expires(monkeypatch):
    async def test():
        async with live() as application:
            page = Page(application, token())
            await page.opened()
            later = time.time() + events.TOKEN_SECONDS + 1
            with mock.patch.object(live_module.time, "time", return_value=later):
                announce("test-1")
                assert await page.closed()

    run(test())


def test_page_that_leaves_is_forgotten():
    async def test():
        async with live() as application:
            page = Page(application, token())
            await page.opened()

            page.leave()
            await page.task

            assert application.hub.streams == set()
            assert application.hub.followers == {}
            assert application.hub.newest == {}

    run(test())


@pytest.mark.parametrize(
    ("asked", "status", "text"),
    [
        ({}, 403, "This token is not valid."),
        ({"token": "forged"}, 403, "This token is not valid."),
        ({"path": "/"}, 404, "No such page."),
        ({"path": "/live"}, 404, "No such page."),
        ({"method": "POST"}, 405, "Only GET."),
        ({"method": "HEAD", "path": "/live/health"}, 405, "Only GET."),
    ],
)
def test_refusals_are_short_plain_text(asked, status, text):
    async def test():
        async with live() as application:
            page = Page(application, **asked)
            answered, headers = await page.started()
            body = (await page.next())["body"].decode()
            await page.task

        assert (answered, body) == (status, text)
        assert headers["content-type"] == "text/plain; charset=utf-8"
        assert headers.get("allow") == ("GET" if status == 405 else None)

    run(test())


def test_too_many_streams_are_refused(settings):
    settings.LIVE_MAX_STREAMS = 1

    async def test():
        async with live() as application:
            await Page(application, token()).opened()
            status, headers = await Page(application, token()).started()

        assert (status, headers["retry-after"]) == (503, "10")

    run(test())


def test_one_token_cannot_take_all_the_room(monkeypatch):
    monkeypatch.setattr(hub, "STREAMS_EACH", 2)

    async def test():
        async with live() as application:
            first = Page(application, token())
            await first.opened()
            await Page(application, token()).opened()
            refused, headers = await Page(application, token()).started()
            other = Page(application, stream_token(["test-1"], "test-8"))
            await other.opened()
            first.left.set()
            await until(lambda: len(application.hub.streams) == 2)
            await Page(application, token()).opened()

        assert (refused, headers["retry-after"]) == (503, "10")

    run(test())


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://queue.example:8000", True),
        ("https://QUEUE.example", True),
        ("http://evil.example:8000", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_cors_allows_the_same_host_at_any_port(origin, allowed):
    async def test():
        async with live() as application:
            page = Page(application, token(), host="queue.example:8001", origin=origin)
            _status, headers = await page.started()

        expected = origin if allowed else None
        assert headers.get("access-control-allow-origin") == expected

    run(test())


def test_health_tells_whether_redis_is_heard():
    async def test():
        async with live() as application:
            well, _headers = await Page(application, path="/live/health").started()
            application.hub.subscribed = False
            ill, _headers = await Page(application, path="/live/health").started()

        assert (well, ill) == (200, 503)

    run(test())


def test_lifespan_starts_the_hub_and_ends_the_streams():
    async def test():
        application = live_module.LiveApplication()
        inbox, outbox = asyncio.Queue(), asyncio.Queue()
        await inbox.put({"type": "lifespan.startup"})
        server = application({"type": "lifespan"}, inbox.get, outbox.put)
        task = asyncio.create_task(server)
        assert (await outbox.get())["type"] == "lifespan.startup.complete"
        page = Page(application, token())
        await page.opened()

        await inbox.put({"type": "lifespan.shutdown"})

        assert await page.closed()
        await task
        assert (await outbox.get())["type"] == "lifespan.shutdown.complete"

    run(test())


def test_granian_stops_at_once_with_a_stream_open():
    port = free_port()
    url = f"http://127.0.0.1:{port}/live/?token={token()}"
    with granian(port) as process, httpx.stream("GET", url, timeout=5) as answer:
        parts = answer.iter_text()
        next(parts)

        process.terminate()

        assert len(list(parts)) <= 1  # the first event, then the end
        assert process.wait(timeout=5) == 0


def test_stream_asked_for_while_stopping_is_refused():
    async def test():
        async with live() as application:
            application.hub.end_streams()
            status, _headers = await Page(application, token()).started()

        assert status == 503

    run(test())


def test_granian_serves_streams_and_resumes_after_a_restart():
    port = free_port()
    url = f"http://127.0.0.1:{port}/live/?token={token()}"
    with granian(port), httpx.stream("GET", url, timeout=5) as answer:
        parts = answer.iter_text()
        assert next(parts).startswith("retry: ")
        assert read_frame(next(parts))["event"] == "changed"
        announce("test-1")
        seen = read_frame(next(parts))["id"]
        assert httpx.get(url.replace("token", "x")).status_code == 403
    time.sleep(0.002)
    announce("test-1")

    with (
        granian(port),
        httpx.stream("GET", url, headers={"Last-Event-ID": seen}, timeout=5) as answer,
    ):
        parts = answer.iter_text()
        next(parts)
        frame = read_frame(next(parts))

    assert frame["event"] == "changed"
    assert int(frame["id"]) > int(seen)
