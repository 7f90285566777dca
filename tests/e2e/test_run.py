"""Starting and stopping the process: what stops the start says so, and nothing leaks."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from e2e.product import Product, telegram
from loopback.bot_api import BotApi

PROMPT = 4.5  # seconds; one thread that does not end costs 5, a poll 25
WRONG = [
    ("TRADEGRAM_ALLOWED_USERS", "asha"),
    ("TRADEGRAM_ALLOWED_USERS", "42,-1001234"),
    ("TRADEGRAM_HTTP_PORT", "99999"),
    ("TRADEGRAM_HTTP_HOST", "0.0.0.0"),  # noqa: S104 - it is refused
    ("TRADEGRAM_TICKET_TTL_S", "soon"),
    ("TRADEGRAM_PAPER_ALWAYS_OPEN", "perhaps"),
    ("TRADEGRAM_PAPER_BALANCE", "NaN"),
    ("TRADEGRAM_PAPER_DELAY_S", "61"),
    ("TRADEGRAM_PAPER_REJECTION_RATE", "2"),
    ("TRADEGRAM_PAPER_SEED", "one"),
    ("TELEGRAM_API_BASE_URL", "ftp://telegram"),
    ("TELEGRAM_API_BASE_URL", "https://"),
    ("TELEGRAM_BOT_TOKEN", "1234567:AAF secret/../x"),
]


@pytest.mark.parametrize(("name", "value"), WRONG, ids=[f"{name}={text}" for name, text in WRONG])
def test_a_wrong_setting_stops_the_start_with_one_sentence_that_keeps_it_secret(
    tmp_path: Path, name: str, value: str
) -> None:
    done = Product(tmp_path, {name: value}).command("run")

    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert name in sentence
    assert "Write" in sentence
    assert value not in sentence.replace("https://api.telegram.org", "")
    assert done.stdout == ""


def test_a_data_directory_that_is_a_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = Product(tmp_path / "file").command("run")

    assert done.returncode == 1
    assert done.stderr.startswith("TRADEGRAM_DATA_DIR cannot be used")
    assert len(done.stderr.splitlines()) == 1


def test_a_port_that_is_taken_stops_the_start_and_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        done = Product(tmp_path, {"TRADEGRAM_HTTP_PORT": port}).command("run")

    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert f"Port {port} is taken" in sentence
    assert "TRADEGRAM_HTTP_PORT" in sentence


def test_a_second_process_on_the_same_data_directory_is_refused(tmp_path: Path) -> None:
    with Product(tmp_path) as desk:
        done = desk.command("run")

    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert "running already" in sentence


def test_it_stops_promptly_also_while_it_waits_for_telegram(tmp_path: Path) -> None:
    with BotApi() as api, Product(tmp_path, telegram(api, 42)) as desk:
        api.until(lambda: api.calls("getUpdates"), what="it polls")

        assert desk.stop() < PROMPT
        desk.start()  # what it held is free again
        assert desk.stop() < PROMPT
        assert "Traceback" not in desk.said


def test_it_stops_promptly_while_telegram_cannot_be_reached(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    settings = {"TELEGRAM_BOT_TOKEN": BotApi().token, "TELEGRAM_API_BASE_URL": url}

    with Product(tmp_path, settings) as desk:
        desk.wait_for("cannot be reached")

        assert desk.stop() < PROMPT
        assert BotApi().token not in desk.said
        assert "Traceback" not in desk.said


def test_a_token_that_telegram_rejects_is_named_but_never_shown(tmp_path: Path) -> None:
    wrong = "987654321:BBOtherTokenThatNobodyKnows_987654321"

    with BotApi() as api:
        settings = {**telegram(api, 42), "TELEGRAM_BOT_TOKEN": wrong}
        with Product(tmp_path, settings) as desk:
            desk.wait_for("does not accept TELEGRAM_BOT_TOKEN")
            assert desk.stop() < PROMPT

    assert wrong not in desk.said
    assert wrong.split(":")[1] not in desk.said
    assert "Traceback" not in desk.said


def test_the_command_line_answers_while_the_desk_runs_and_while_it_does_not(tmp_path: Path) -> None:
    desk = Product(tmp_path)
    assert desk.command("orders", "--count").stdout == "0\n"

    with desk:
        assert desk.command("orders", "--count").stdout == "0\n"
        assert desk.command("positions").stdout == "Nothing is held.\n"
        assert "paper:main" in desk.command("accounts").stdout
        assert "unbroken" in desk.command("audit", "verify").stdout


def test_a_second_paper_account_is_opened_from_the_terminal_and_takes_orders(
    tmp_path: Path,
) -> None:
    with BotApi() as api, Product(tmp_path, telegram(api, 42)) as desk:
        assert "#spare" in desk.answer("accounts", "--add", "spare")
        assert desk.command("accounts", "--add", "spare").returncode == 1
        refused = desk.command("accounts", "--add", "no such name")
        assert refused.returncode == 1
        assert "letters" in refused.stderr
        asha = api.user(42)
        asha.says("/buy NIFTYBEES 5 #spare")
        card = asha.sees("a/c #spare")
        asha.press(card, "Confirm")
        api.until(lambda: "Filled" in card.text, what="it is filled")
        assert desk.answer("orders").startswith("paper:spare")
        assert "paper:spare  #spare" in desk.answer("accounts")
