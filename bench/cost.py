"""
What a desk on AWS costs: calls are measured on the emulator, prices stand in `prices.toml`.

    python -m bench.cost            prints docs/cost.md from what was measured last
    python -m bench.cost --write    measures anew, and writes calls.json and docs/cost.md
    python -m bench.cost --measured compares a new measurement with the last; 1 when it costs more
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
CALLS, PRICES = ROOT / "bench/calls.json", ROOT / "bench/prices.toml"
PAGE = ROOT / "docs/cost.md"
ORDERS = 1000
DAYS, HOURS, MINUTES = 30, 24, 60
STEPS = {
    "ticket": "words become a ticket",
    "confirm": "a tap stages the order",
    "send": "the worker claims it and sends it",
    "look": "the broker's book is read, twice",
    "tell": "messages are sent",
    "idle": "a minute in which nothing is open",
}
LIMIT = dict.fromkeys(STEPS, 1.15)  # a new measurement may be so much more: the market moves

if TYPE_CHECKING:
    from loopback.aws_proxy import Asked


@dataclass(slots=True)
class Step:
    """Of one order. calls: by operation. writes, reads: DynamoDB's request units."""

    invocations: Mapping[str, int]
    calls: Mapping[str, int] = field(default_factory=dict[str, int])
    writes: int = 0
    reads: int = 0

    @property
    def requests(self) -> int:
        return sum(self.calls.values())


def main(words: Sequence[str]) -> int:
    if "--write" in words:
        made = {name: asdict(step) for name, step in measured().items()}
        today = datetime.now(UTC).date().isoformat()
        CALLS.write_text(json.dumps({"measured": today, "steps": made}, indent=2) + "\n")
        PAGE.write_text(page())
    elif "--measured" in words:
        return compared(known(), measured())
    else:
        sys.stdout.write(page())
    return 0


def known() -> dict[str, Step]:
    steps = json.loads(CALLS.read_text())["steps"]
    return {name: Step(**steps[name]) for name in STEPS}


def compared(before: Mapping[str, Step], now: Mapping[str, Step]) -> int:
    worse = 0
    for name in STEPS:
        for what in ("requests", "writes", "reads"):
            was, is_ = getattr(before[name], what), getattr(now[name], what)
            print(f"{name:8} {what:8} {was:4} {is_:4}")
            worse += is_ > math.ceil(was * LIMIT[name])
    return 1 if worse else 0


# -- measuring -------------------------------------------------------------------------------------


def measured() -> dict[str, Step]:
    """One order, limit above the market, everything warm; by a person nobody wrote to yet."""
    sys.path.insert(0, str(ROOT / "tests"))
    from houses import house
    from lambdas import USERS, sample
    from loopback.bot_api import BotApi

    people, prices = iter(USERS), count(3000)
    with BotApi(says_only=True) as api, house("ministack", api) as desk:
        assert desk.proxy

        def order() -> dict[str, Step]:
            asha = api.user(next(people))
            steps = Steps(desk.proxy.asked if desk.proxy else [])
            desk.webhook(asha.says(f"/buy RELIANCE 10 @ {next(prices)}"))
            steps.end("ticket", telegram_webhook=1)
            desk.webhook(asha.press(asha.last(), "Confirm"))
            steps.end("confirm", telegram_webhook=1)
            desk.pump_queue()
            steps.end("send", submit_order=1)
            for _ in range(2):
                desk.invoke("reconcile", sample("reconcile"))
            steps.end("look", reconcile=1)
            for _ in range(3):  # submitted, filled, and what came in between
                desk.invoke("notify", sample("notify"))
            steps.end("tell", notify=3)
            return steps.made

        order()  # warms the sandboxes
        made = order()
        for _ in range(3):  # until nothing is open or owed
            desk.invoke("reconcile", sample("reconcile"))
            desk.pump()
        steps = Steps(desk.proxy.asked)
        desk.invoke("reconcile", sample("reconcile"))
        steps.end("idle", reconcile=1)
        return made | steps.made


class Steps:
    """Divides a proxy's ledger into steps."""

    def __init__(self, ledger: Sequence[Asked]) -> None:
        self._ledger, self._begun = ledger, len(ledger)
        self.made: dict[str, Step] = {}

    def end(self, name: str, **invocations: int) -> None:
        asked = self._ledger[self._begun :]
        self._begun = len(self._ledger)
        calls = Counter(each.operation for each in asked)
        self.made[name] = Step(
            invocations,
            dict(sorted(calls.items())),
            sum(write_units(each.operation, each.body) for each in asked),
            sum(read_units(each.operation, each.body, each.answered) for each in asked),
        )


def write_units(operation: str, body: bytes) -> int:
    """Twice for each row of a transaction, and once more for a row that the index lists."""
    if operation == "DeleteItem":
        return 1
    if operation != "TransactWriteItems":
        return 0
    rows = [each["Put"]["Item"] for each in json.loads(body)["TransactItems"]]
    listed = sum(1 for row in rows if "gsi1pk" in row)
    return listed + sum(2 * math.ceil(len(json.dumps(row)) / 1024) for row in rows)


def read_units(operation: str, body: bytes, answered: int) -> int:
    """Consistent reads: one for each four kilobytes, at least one for each key."""
    if operation in ("GetItem", "Query"):
        return max(1, math.ceil(answered / 4096))
    if operation == "BatchGetItem":
        [asked] = json.loads(body)["RequestItems"].values()
        return max(len(asked["Keys"]), math.ceil(answered / 4096))
    return 0


# -- pricing ---------------------------------------------------------------------------------------


def priced(step: Step, name: str, prices: Mapping[str, Any]) -> dict[str, float]:
    """Dollars of one such step, by what they are for."""
    each, assumed = prices["each"], prices["assumed"]
    seconds = assumed["seconds"]
    invocations = sum(step.invocations.values())
    took = sum(
        number * seconds["idle" if name == "idle" else function]
        for function, number in step.invocations.items()
    )
    bells = step.calls.get("SendMessage", 0)
    return {
        "functions": invocations * each["request_of_function"]
        + took * assumed["memory"] * each["gigabyte_second"],
        "table": step.writes * each["write_unit"] + step.reads * each["read_unit"],
        "queue": 3 * bells * each["request_of_queue"],  # sent, received, deleted
        "API": step.invocations.get("telegram_webhook", 0) * each["request_of_api"],
        "logs": invocations * assumed["log_line"] / 1e9 * each["gigabyte_of_log"],
    }


def monthly(prices: Mapping[str, Any], steps: Mapping[str, Step]) -> dict[str, float]:
    """Dollars a month without a single order, looking every minute of the day."""
    each, month, assumed = prices["each"], prices["month"], prices["assumed"]
    minutes = DAYS * HOURS * MINUTES
    idle = sum(priced(steps["idle"], "idle", prices).values())
    return {
        "looking each minute": minutes * (idle + each["event_of_schedule"]),
        "polling of two queues": 2 * assumed["polls_of_queue"] * each["request_of_queue"],
        "key": month["key"],
        "table and its backups": assumed["table"]
        * (month["gigabyte_of_table"] + month["gigabyte_of_backup"]),
        "alarms beyond ten": max(0, assumed["alarms"] - 10) * each["alarm_month"],
    }


def page() -> str:
    steps, prices = known(), tomllib.loads(PRICES.read_text())
    when = json.loads(CALLS.read_text())["measured"]
    of_order = {name: priced(steps[name], name, prices) for name in STEPS if name != "idle"}
    kinds = list(of_order["ticket"])
    per_kind = {kind: sum(each[kind] for each in of_order.values()) * ORDERS for kind in kinds}
    fixed = monthly(prices, steps)
    month = prices["month"]
    return PAGE_TEXT.format(
        measured=when,
        as_of=prices["as_of"],
        steps="\n".join(_row(name, steps[name]) for name in STEPS),
        calls=sum(steps[name].requests for name in of_order),
        orders=ORDERS,
        kinds="\n".join(f"| {kind} | {value:.3f} |" for kind, value in per_kind.items()),
        total=f"{sum(per_kind.values()):.2f}",
        fixed="\n".join(f"| {name} | {value:.2f} |" for name, value in fixed.items()),
        nothing=f"{sum(fixed.values()):.2f}",
        instance=f"{sum(fixed.values()) + month['nat_instance'] + month['address']:.2f}",
        gateway=f"{sum(fixed.values()) + month['nat_gateway'] + month['address']:.2f}",
    )


def _row(name: str, step: Step) -> str:
    invoked = ", ".join(f"{function} × {number}" for function, number in step.invocations.items())
    return (
        f"| {name} | {STEPS[name]} | {invoked} | {step.requests} | {step.writes} | {step.reads} |"
    )


PAGE_TEXT = """\
# What it costs on AWS

Computed, not estimated by hand: `python -m bench.cost --write` counts what one order on paper
asks of AWS, on an emulator and with warm functions, and multiplies it by the prices in
`bench/prices.toml`. Counted on {measured}. A real broker's order writes less: paper keeps its own
book in the same table.

**The prices are from knowledge.** Nobody fetched them: they are Mumbai's as known on {as_of}, in US
dollars, without the free tier. Before you rely on a sum, look them up in AWS's price lists, put
them and the day into `bench/prices.toml` (`as_of`, `each.*`, `month.*`), and write this page again.

## Calls of one order

| step | what happens | functions | calls | write units | read units |
|---|---|---|---|---|---|
{steps}

{calls} calls for one order, from the words to the message that it is filled. The fewest that
could do it are five: a ticket, a confirmation, a bell, a claim, an outcome. Ours are more because
order, audit link and message are one transaction, because limits, the kill switch and repeated
orders are looked at before each step, and because nothing that decides a send is kept in a
function's memory. At these prices that costs less than a cent an order.

## {orders} orders

| for | dollars |
|---|---|
{kinds}
| **together** | **{total}** |

## A month without orders

| for | dollars |
|---|---|
{fixed}
| **together**, `EgressMode` none or proxy | **{nothing}** |
| with a registered address through a small machine (`nat-instance`) | {instance} |
| with a registered address through `nat-gateway`, before its traffic | {gateway} |

What is always there outweighs what an order costs. Each further broker adds a queue that is
polled. Where no coins are traded, `ReconcileHours` india looks only while a market is open.

Not counted: mail of alarms, traffic out of AWS (some megabytes), the free tier, taxes. Not
measured but assumed, and named in `bench/prices.toml`: how long functions take, how much they
log, how large the table grows.
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
