"""From a name and credentials, or an environment, to a broker that can be asked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from tradegram.brokers.adapter import Adapter
from tradegram.brokers.catalog import ADAPTERS, GATEWAYS, adapter_of, loaded
from tradegram.brokers.client import Http, HttpBroker, Line
from tradegram.brokers.contract import Broker, LoggedIn, Login, Profile
from tradegram.brokers.listings import KnownListings, Listing, Listings
from tradegram.brokers.proxies import connection
from tradegram.clock import SystemClock, SystemIds
from tradegram.errors import UserError
from tradegram.library.broker import OpenBroker
from tradegram.model import Instrument, Session
from tradegram.settings import read
from tradegram.vault.environment import PAPER, Found, chosen, found
from tradegram.vault.fields import missing
from tradegram.vault.sets import check_sendable

TOKEN, CLIENT, PROXY = "access_token", "client", "proxy"


def open_broker(
    broker: str,
    credentials: Mapping[str, str] | None,
    client: str,
    environment: Mapping[str, str] | None,
    http: Http | None = None,
) -> OpenBroker:
    """See `brokers.open`. http: instead of a connection of its own."""
    variables = os.environ if environment is None else environment
    name = broker.casefold() or chosen(variables)
    if name in (PAPER, "mock"):
        return _paper(variables)
    known = found(name, variables)
    if credentials is not None:
        token = credentials.get(TOKEN, "") if name != "kotakneo" else ""
        known = Found(name, client, dict(credentials), token)
    if lacking := missing(name, known.values):
        raise UserError(f"{name} needs {', '.join(lacking)}.")
    check_sendable(name, known.values)
    hosts = read(variables).broker_urls.get(name, {})
    return _Opened(replace(known, client=client or known.client), hosts, http).open()


class _Opened:
    """A live broker on its way: credentials, the session of now, the list of instruments."""

    def __init__(self, known: Found, hosts: Mapping[str, str], http: Http | None) -> None:
        self._name, self._hosts, self._clock = known.broker, hosts, SystemClock()
        self._credentials = {CLIENT: known.client, **{k: v for k, v in known.values.items() if v}}
        self._account_id = f"{known.broker}:{known.client or 'library'}"
        self._stack = ExitStack()
        if http is None:
            http = self._stack.enter_context(closing(connection(self._credentials.get(PROXY, ""))))
        self._http = http
        self._tokens: Mapping[str, str] = {TOKEN: known.token} if known.token else {}
        self._listings: KnownListings | None = None
        self._made: Broker | None = None

    def open(self) -> OpenBroker:
        profile = self._profile()
        return OpenBroker(
            self._account_id, profile, SystemIds(), self._clock, self._broker, self._enter,
            self._login_url, self._find, self._stack.close,
        )  # fmt: skip

    def _profile(self) -> Profile:
        profile: Profile = loaded(ADAPTERS.get(self._name) or GATEWAYS[self._name]).profile
        return profile

    def _session(self) -> Session:
        return Session(self._account_id, 0.0, {**self._credentials, **self._tokens})

    def _adapter(self, listings: Listings) -> Adapter:
        return adapter_of(self._name, listings)

    def _broker(self) -> Broker:
        if self._made is None:
            self._made = self._opened()
        return self._made

    def _opened(self) -> Broker:
        if self._name in GATEWAYS:
            made = loaded(GATEWAYS[self._name])(self._session(), self._clock, self._listed())
            self._stack.callback(made.close)
            gateway: Broker = made
            return gateway
        if self._profile().login is not Login.KEYS and not self._tokens:
            raise UserError("Not logged in: call log_in() first.")
        adapter = self._adapter(self._listed())
        return HttpBroker(adapter, self._http, self._clock, self._session(), self._hosts)

    def _listed(self) -> KnownListings:
        if self._listings is None:
            rows: Sequence[Listing] = () if self._name in GATEWAYS else self._list()
            self._listings = KnownListings(self._name, rows)
        return self._listings

    def _list(self) -> Sequence[Listing]:
        adapter = self._adapter(KnownListings(self._name, ()))
        line = Line(adapter, self._http, self._clock, self._session(), self._hosts)
        return line.walk(adapter.instruments())

    def _find(self, key: str) -> Instrument | None:
        return self._listed().find(key)

    def _login_url(self) -> str:
        profile = self._profile()
        if profile.login is not Login.REDIRECT:
            raise UserError(f"{profile.title} wants no browser: call log_in().")
        adapter = self._adapter(KnownListings(self._name, ()))
        return adapter.login_url(self._credentials, "")

    def _enter(self, given: Mapping[str, str]) -> str:
        if self._name in GATEWAYS or self._profile().login is Login.KEYS:
            broker = self._broker()
            return broker.check() if isinstance(broker, LoggedIn) else ""
        adapter = self._adapter(KnownListings(self._name, ()))
        if adapter.profile.login is Login.CODES and "totp" not in given:
            given = {**given, "totp": _code(self._credentials, self._clock.now())}
        line = Line(adapter, self._http, self._clock, self._session(), self._hosts)
        tokens = line.walk(adapter.enter(self._credentials, given, self._clock.now()))
        self._tokens, self._made = tokens.secrets, None
        return tokens.user


def _paper(variables: Mapping[str, str]) -> OpenBroker:
    """Simulated money and prices, in a folder that goes with it."""
    from tradegram.bootstrap import local_home
    from tradegram.brokers.registry import PAPER as ACCOUNT

    stack = ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tradegram")))
    home = local_home(read({**variables, "TRADEGRAM_DATA_DIR": str(folder)}))
    stack.callback(home.store.close)
    desk = home.desk
    broker = desk.brokers.broker(ACCOUNT.account_id)
    return OpenBroker(
        ACCOUNT.account_id, broker.profile, desk.ids, desk.clock, lambda: broker,
        lambda given: ACCOUNT.account_id, _no_login, desk.instruments.find, stack.close,
    )  # fmt: skip


def _no_login() -> str:
    raise UserError("Paper wants no login.")


def _code(credentials: Mapping[str, str], now: float) -> str:
    from tradegram.sessions import one_time

    if "totp_secret" not in credentials:
        raise UserError('Give the one-time code: log_in(totp="123456").')
    return one_time.code(credentials["totp_secret"], now)
