"""
The logins of a desk's accounts. Implements `standing.Sessions`, and makes each account's broker.

What a broker's refusal of a token says is the truth; the hour at which a session should end is
only an estimate.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tradegram.brokers.adapter import Adapter, Tokens
from tradegram.brokers.catalog import ADAPTERS, GATEWAYS, adapter_of, loaded, profile_of
from tradegram.brokers.client import Http, HttpBroker, Line
from tradegram.brokers.contract import Broker, LoggedIn, Login, Profile
from tradegram.brokers.listings import Listings
from tradegram.errors import (
    BrokerError,
    Conflict,
    Refused,
    SealBroken,
    SessionExpired,
    SettingError,
    StoreError,
    UserError,
)
from tradegram.model import Account, Session
from tradegram.ports import Clock, Document, Ids, Notice, Store
from tradegram.sessions.at_risk import at_risk
from tradegram.sessions.doors import Doors
from tradegram.sessions.doubts import Doubts
from tradegram.sessions.entry import Entries, Entry
from tradegram.sessions.standing import Offer, Phase, Standing
from tradegram.sessions.words import shown, until_words
from tradegram.vault.credentials import CREDENTIAL, SESSION, Vault

LOOK_EVERY = 2.0  # seconds between looks at whether a session is still the one we hold
FOREVER = 4e9  # seconds since the epoch; where a login does not end
UNATTENDED = "totp_secret"  # given by a holder who wants the desk to log in by itself
PROXY, CLIENT = "proxy", "client"

Mark = tuple[object, ...]
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Keeper:
    """
    owed: messages to everybody of the desk. listings: each broker's table. http: a connection, by
    the account's proxy ("" for none). hosts: by broker, what settings say instead of its own
    addresses. public_url: where people reach our pages. counted: see `guarded.Guards`.
    """

    store: Store
    clock: Clock
    ids: Ids
    vault: Vault
    owed: Callable[[str, str, str], Sequence[Notice]]
    listings: Callable[[str], Listings]
    http: Callable[[str], Http]
    hosts: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    public_url: str = ""
    counted: Callable[[Account, Http], Http] = lambda account, http: http
    doubts: Doubts = field(init=False)
    _looked: dict[str, tuple[float, Mark]] = field(default_factory=dict)
    _gateways: dict[str, tuple[Mark, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.doubts = Doubts(self.clock)

    @property
    def doors(self) -> Doors:
        return Doors(self.store, self.clock, self.ids)

    @property
    def entries(self) -> Entries:
        return Entries(self.store, self.clock)

    # -- what people are told ----------------------------------------------------------------------

    def standing(self, account: Account) -> Standing:
        entry = self.entries.of(account.account_id)
        words = entry.words
        if profile_of(account.broker).login in (Login.KEYS, Login.GATEWAY):
            is_out = entry.phase in (Phase.FAILED, Phase.ENDED)
            return Standing(entry.phase if is_out else Phase.IN, None, words if is_out else "")
        found = self.store.document(SESSION, account.account_id)
        if found is not None:
            return Standing(Phase.IN, found.expires_at)
        return Standing(Phase.OUT if entry.phase is Phase.IN else entry.phase, None, words)

    def begin(self, account: Account, user_id: int) -> Offer:
        by, profile = f"user {user_id}", profile_of(account.broker)
        if profile.login in (Login.KEYS, Login.GATEWAY):
            return Offer(self.prove(account, by))
        has = self._fields(account)
        if profile.login is Login.CODES and UNATTENDED in has:
            return Offer(self.enter(account, {}, by))
        way = "start" if profile.login is Login.REDIRECT else "code"
        secret = self.doors.make(way, account.account_id, user_id)
        words = (
            f"Log in to {profile.title} for #{account.name}. The link works once, for 10 minutes."
        )
        return Offer(words, f"{self.public_url}/login/{way}?state={secret}")

    def link(self, user_id: int) -> Offer:
        secret = self.doors.make("link", "", user_id)
        words = "Enter a broker's credentials on this desk's own page. The link works once."
        return Offer(words, f"{self.public_url}/login/link?state={secret}")

    def dashboard(self, user_id: int) -> Offer:
        secret = self.doors.make("dashboard", "", user_id)
        words = "The desk as a page. The link signs you in, once, within 10 minutes."
        # Behind a # it is sent to no server, written to no log, and used up by no preview.
        return Offer(words, f"{self.public_url}/dashboard#door={secret}")

    def leave(self, account: Account, user_id: int) -> Offer:
        by, there = f"user {user_id}", "It was told so."
        try:
            broker = self.broker(account)
            if isinstance(broker, LoggedIn):
                broker.log_out()
        except BrokerError as error:
            there = f"The broker did not confirm it: {error.words}."
        self.vault.end_session(account.account_id, by)
        self._ended(account, by, "logged out")
        return Offer(f"#{account.name} is logged out. {there}")

    # -- getting in --------------------------------------------------------------------------------

    def login_url(self, account: Account, secret: str) -> str:
        """The broker's own page, for Login.REDIRECT. Audited: it opens the API key."""
        credentials = self.vault.opened(account.account_id, "desk", "login link")
        adapter = self._adapter(account)
        url = adapter.login_url(credentials, secret)
        own, instead = adapter.profile.hosts["login"], self.hosts.get(account.broker, {})
        return instead.get("login", own) + url.removeprefix(own)

    def enter(self, account: Account, given: Mapping[str, str], by: str) -> str:
        """
        Ask the broker for a session and keep it; a sentence for people.

        given: what came back from the broker's page, or a one-time code; empty where the desk
        makes the code itself. Raises UserError, with the broker's words; nothing was kept then.
        """
        entry = self.entries.take_lease(account.account_id, by)
        credentials: Mapping[str, str] = {}
        try:
            credentials = self._opened(account, by)
            tokens = self._asked(account, credentials, given)
            self._check_user(account, tokens.user)
        except (BrokerError, UserError, KeyError) as error:
            words = shown(_why(error), [*_secret(credentials), *given.values()])
            self._failed(account, entry, by, words)
            raise UserError(f"#{account.name} is not logged in: {words}") from None
        session = Session(account.account_id, tokens.expires_at, tokens.secrets)
        self.vault.keep_session(session, by)
        self._looked.pop(account.account_id, None)
        words = self._in_words(account, tokens.user, tokens.expires_at)
        self.entries.entered(entry, by, self.owed(account.account_id, "login", words))
        return words

    def prove(self, account: Account, by: str) -> str:
        """Whether what is linked lets us in, by a harmless read. Raises UserError."""
        entry = self.entries.take_lease(account.account_id, by)
        credentials: Mapping[str, str] = {}
        try:
            credentials = self._opened(account, by)
            broker = self.broker(account)
            user = broker.check() if isinstance(broker, LoggedIn) else ""
            self._check_user(account, user)
        except (BrokerError, UserError, KeyError) as error:
            words = shown(_why(error), _secret(credentials))
            self._failed(account, entry, by, words)
            raise UserError(f"#{account.name} does not get in: {words}") from None
        self.entries.entered(entry, by)
        return self._in_words(account, user, None)

    # -- for the registry --------------------------------------------------------------------------

    def knows(self, broker: str) -> bool:
        return broker in ADAPTERS or broker in GATEWAYS

    def profile(self, account: Account) -> Profile:
        return profile_of(account.broker)

    def mark(self, account: Account) -> Mark:
        """What a broker was made of; another one says that it must be made anew. SessionExpired."""
        now, account_id = self.clock.monotonic(), account.account_id
        looked_at, mark = self._looked.get(account_id, (0.0, ()))
        if mark and now - looked_at < LOOK_EVERY:
            return mark
        mark = self._mark(account)
        self._looked[account_id] = (now, mark)
        return mark

    def broker(self, account: Account) -> Broker:
        """Raises SessionExpired."""
        mark, session = self._mark(account), self._session(account)
        if account.broker in GATEWAYS:
            return self._gateway(account, mark, session)
        return HttpBroker(
            self._adapter(account),
            self.counted(account, self.http(session.secrets.get(PROXY, ""))),
            self.clock,
            session,
            self.hosts.get(account.broker),
            lambda refusal: self.expired(account, mark, refusal),
        )

    def expired(self, account: Account, mark: Mark, refusal: SessionExpired) -> None:
        """
        A broker refused the session of this mark.

        Raises Refused in its place when that was in doubt and another question is not refused
        like it; nothing else: the refusal itself matters.
        """
        name, ask = account.account_id, self._silent(account)
        try:
            if refusal.in_doubt and self.doubts.lives(name, mark, ask):
                words = f"{refusal.words}: refused here; nothing shows that the login ended"
                raise Refused(refusal.broker, words, code=refusal.code)
            if self._mark(account) != mark or self.standing(account).phase is Phase.ENDED:
                return  # somebody has logged in since, or it was said
            self._ended(account, "broker", refusal.words)
        except (SessionExpired, Conflict):
            return  # it is known
        except StoreError:
            logger.exception("end of a session not written", extra={"account": account.account_id})

    # -- parts -------------------------------------------------------------------------------------

    def linked(self, account: Account) -> Mark:
        """Another one when its credentials were given anew. Raises SessionExpired."""
        linked = self.store.document(CREDENTIAL, account.account_id)
        if linked is None:
            raise SessionExpired(account.broker, f"{account.account_id} is not linked any more")
        return (linked.version, linked.body["linked_at"])

    def _mark(self, account: Account) -> Mark:
        mark = self.linked(account)
        if profile_of(account.broker).login in (Login.KEYS, Login.GATEWAY):
            return mark
        found = self.store.document(SESSION, account.account_id)
        if found is None:
            why = f"not logged in: /login {account.name}"
            raise SessionExpired(account.broker, why)
        return (*mark, found.version, found.expires_at)

    def _session(self, account: Account) -> Session:
        account_id = account.account_id
        credentials = self._opened(account, "desk", "session")
        if profile_of(account.broker).login in (Login.KEYS, Login.GATEWAY):
            return Session(account_id, FOREVER, credentials)
        try:
            found = self.vault.session(account_id, "desk", "orders")
        except SealBroken as error:
            raise SessionExpired(account.broker, f"the session does not open: {error}") from error
        if found is None:
            raise SessionExpired(account.broker, f"not logged in: /login {account.name}")
        return replace(found, secrets={**credentials, **found.secrets})

    def _opened(self, account: Account, by: str, why: str = "login") -> Mapping[str, str]:
        """With "client", what the broker calls its customer, where the account is named by it."""
        client = account.account_id.partition(":")[2]
        try:
            return {CLIENT: client, **self.vault.opened(account.account_id, by, why)}
        except (SealBroken, SettingError, UserError) as error:
            raise SessionExpired(account.broker, f"its credentials do not open: {error}") from error

    def _gateway(self, account: Account, mark: Mark, session: Session) -> Broker:
        """One for each account: it is a connection, and only the one that placed may cancel."""
        known = self._gateways.get(account.account_id)
        if known is not None and known[0] == mark:
            kept: Broker = known[1]
            return kept
        if known is not None:
            known[1].close()
        try:
            made = loaded(GATEWAYS[account.broker])(
                session, self.clock, self.listings(account.broker)
            )
        except SettingError as error:
            raise SessionExpired(account.broker, str(error)) from error
        made.expired = lambda refusal: self.expired(account, mark, refusal)
        self._gateways[account.account_id] = (mark, made)
        broker: Broker = made
        return broker

    def close(self) -> None:
        """Leave every gateway. What is asked afterwards connects anew."""
        while self._gateways:
            _, (_, broker) = self._gateways.popitem()
            broker.close()

    def _fields(self, account: Account) -> Sequence[str]:
        found = self.store.document(CREDENTIAL, account.account_id)
        if found is None:
            raise UserError(f"#{account.name} is not linked. /link gives its credentials.")
        return list(found.body["fields"])

    def _silent(self, account: Account) -> Callable[[], Broker]:
        """Of the same session, and what it is refused ends nothing."""

        def make() -> Broker:
            session = self._session(account)
            http, hosts = self.http(session.secrets.get(PROXY, "")), self.hosts.get(account.broker)
            return HttpBroker(self._adapter(account), http, self.clock, session, hosts)

        return make

    def _adapter(self, account: Account) -> Adapter:
        return adapter_of(account.broker, self.listings(account.broker))

    def _asked(
        self, account: Account, credentials: Mapping[str, str], given: Mapping[str, str]
    ) -> Tokens:
        adapter, now = self._adapter(account), self.clock.now()
        if adapter.profile.login is Login.CODES and "totp" not in given:
            from tradegram.sessions import one_time  # only those who log in by themselves need it

            given = {**given, "totp": one_time.code(credentials[UNATTENDED], now)}
        line = Line(
            adapter,
            self.counted(account, self.http(credentials.get(PROXY, ""))),
            self.clock,
            Session(account.account_id, now, credentials),
            self.hosts.get(account.broker),
        )
        return line.walk(adapter.enter(credentials, given, now))

    def _check_user(self, account: Account, user: str) -> None:
        """Or orders of one person would go to another's account."""
        _, _, client = account.account_id.partition(":")
        if user and client not in (user, account.name):
            raise UserError(
                f"the broker let {user} in, and this account is {client}; log in as {client}, or "
                "link the other account"
            )

    def _in_words(self, account: Account, user: str, until: float | None) -> str:
        title = profile_of(account.broker).title
        as_whom = f" as {user}" if user else ""
        return f"#{account.name} is logged in at {title}{as_whom}{until_words(until)}."

    def _failed(self, account: Account, entry: Entry, by: str, words: str) -> None:
        title = profile_of(account.broker).title
        text = f"Login of #{account.name} at {title} failed: {words}"
        notices = self.owed(account.account_id, "session", text) if by == "desk" else ()
        try:
            self.entries.failed(entry, by, words, notices)
        except Conflict:
            return  # the lease had ended, and the next one writes its own end

    def _ended(self, account: Account, by: str, words: str) -> None:
        """The session forgotten, the phase and the message, in one write. Raises Conflict."""
        account_id, words = account.account_id, shown(words, [])
        found = self.store.document(SESSION, account_id)
        gone: list[Document] = []
        if found is not None:
            gone.append(replace(found, expires_at=self.clock.now()))
        notices: Sequence[Notice] = ()
        if by == "broker":
            title = profile_of(account.broker).title
            risk = at_risk(self.store, account, title)
            text = f"{title} ended the session of #{account.name}: {words}. {risk}"
            notices = self.owed(account_id, "session", text.strip())
        self.entries.ended(account_id, by, words, gone, notices)
        self._looked.pop(account_id, None)


def _secret(credentials: Mapping[str, str]) -> Sequence[str]:
    return [value for name, value in credentials.items() if name != CLIENT]


def _why(error: Exception) -> str:
    if isinstance(error, BrokerError):
        return error.words
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    return str(error)
