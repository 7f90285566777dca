from __future__ import annotations

import threading

import pytest
from clocks import StillClock

from tradegram.chat.reply import Reply
from tradegram.errors import Gone
from tradegram.local.console_messenger import CHAT, ConsoleMessenger


def texts(messenger: ConsoleMessenger) -> list[str]:
    return [each.reply.text for each in messenger.recent()]


def test_an_edit_replaces_the_message_in_its_place() -> None:
    messenger = ConsoleMessenger(StillClock())
    first = messenger.send(CHAT, Reply("one"))
    messenger.send(CHAT, Reply("two"))

    messenger.edit(first, Reply("one, filled"))

    assert texts(messenger) == ["one, filled", "two"]


def test_a_page_that_saw_a_revision_gets_only_what_changed_since() -> None:
    messenger = ConsoleMessenger(StillClock())
    first = messenger.send(CHAT, Reply("one"))
    messenger.send(CHAT, Reply("two"))
    seen = messenger.revision()

    messenger.edit(first, Reply("one, filled"))

    assert [each.reply.text for each in messenger.since(seen)] == ["one, filled"]


def test_saying_the_same_again_changes_nothing() -> None:
    messenger = ConsoleMessenger(StillClock())
    name = messenger.send(CHAT, Reply("one"))
    seen = messenger.revision()

    messenger.edit(name, Reply("one"))

    assert messenger.since(seen) == []


def test_names_of_messages_never_repeat_after_a_restart() -> None:
    clock = StillClock()
    before = ConsoleMessenger(clock)
    old = {before.send(CHAT, Reply(str(number))) for number in range(50)}
    clock.pass_(0.2)

    after = ConsoleMessenger(clock)

    assert old.isdisjoint({after.send(CHAT, Reply(str(number))) for number in range(50)})


def test_an_edit_of_a_message_from_before_a_restart_shows_it_again_in_its_place() -> None:
    clock = StillClock()
    old = ConsoleMessenger(clock).send(CHAT, Reply("ticket"))
    clock.pass_(5)
    after = ConsoleMessenger(clock)
    after.send(CHAT, Reply("new"))

    after.edit(old, Reply("filled"))

    assert [(each.name == old, each.reply.text) for each in after.recent()] == [
        (True, "filled"),
        (False, "new"),
    ]


def test_a_page_from_before_a_restart_gets_everything_there_is() -> None:
    clock = StillClock()
    before = ConsoleMessenger(clock)
    before.send(CHAT, Reply("ticket"))
    seen = before.revision()
    clock.pass_(5)
    after = ConsoleMessenger(clock)
    after.send(CHAT, Reply("new"))

    assert [each.reply.text for each in after.since(seen)] == ["new"]
    assert [each.reply.text for each in after.since(after.revision() + 10**9)] == ["new"]


def test_the_log_is_bounded_and_forgets_what_changed_longest_ago() -> None:
    messenger = ConsoleMessenger(StillClock(), kept=3)
    first = messenger.send(CHAT, Reply("0"))
    for number in range(1, 3):
        messenger.send(CHAT, Reply(str(number)))
    messenger.edit(first, Reply("0, filled"))

    messenger.send(CHAT, Reply("3"))

    assert texts(messenger) == ["0, filled", "2", "3"]


def test_the_answer_to_a_press_does_not_cover_newer_words() -> None:
    messenger = ConsoleMessenger(StillClock())
    name = messenger.send(CHAT, Reply("ticket"))
    before = messenger.revision()
    messenger.edit(name, Reply("filled"))

    assert not messenger.answer(name, Reply("submitting"), unless_after=before)
    assert texts(messenger) == ["filled"]
    assert messenger.answer(name, Reply("exit"), unless_after=messenger.revision())
    assert texts(messenger) == ["exit"]


def test_what_a_person_says_is_text() -> None:
    messenger = ConsoleMessenger(StillClock())

    said = messenger.hear("<b>buy</b> M&M")

    assert said.mine
    assert texts(messenger) == ["&lt;b&gt;buy&lt;/b&gt; M&amp;M"]


@pytest.mark.parametrize(
    "name", ["tg:42:7", "web:0:", "web:0:x", "web:0:-1", "", "web:0:" + "9" * 40]
)
def test_a_name_of_another_messenger_is_gone(name: str) -> None:
    messenger = ConsoleMessenger(StillClock())

    with pytest.raises(Gone):
        messenger.edit(name, Reply("x"))


def test_another_chat_is_gone() -> None:
    with pytest.raises(Gone):
        ConsoleMessenger(StillClock()).send("tg:42", Reply("x"))


def test_threads_that_send_at_once_get_names_of_their_own_and_wake_the_pages() -> None:
    messenger = ConsoleMessenger(StillClock(), kept=1000)
    wakes: list[int] = []
    names: list[str] = []
    messenger.watch(lambda: wakes.append(1))

    def send() -> None:
        for _ in range(50):
            names.append(messenger.send(CHAT, Reply("x")))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(set(names)) == 400
    assert len(wakes) == 400
    assert [each.name for each in messenger.recent()] == sorted(names)
