"""A bad week in the demo plant: a lot fails, and everything that follows until the next one is released.

Each person signs with his own login, on pages; what a page must not allow is tried, too. A case that waits
for weeks at the end is left waiting: the story says for what and until when.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from app.cli import reading
from app.cli import week_entries as enter
from app.cli.report import Report
from app.cli.story import Filling, Plant, number_of
from app.cli.visit import Page, UnexpectedPage

SIGNERS = (
    "keeper", "buyer", "inspector", "qa", "qa2", "releaser", "engineer", "regulatory", "head", "registrant",
    "auditor", "owner", "planner",
)  # fmt: skip
Check = Callable[[Sequence[bytes]], None]
RECEIVED = ("WEEK-1", "WEEK-2")
"""Supplier's lots that come in during the week: the one that fails, and the next one."""
MOVING = ("lot_release", "deviation", "next_lot_release")
"""The cases that move stock."""
RELEASE_RECORDS = 3
"""Records of a lot release: receipt, inspection, incoming release."""


@dataclass
class Found:
    """What the week has left behind: cases with what they wait for, their links, stock moves."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    links: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, str]] = field(default_factory=list)


class Week:
    """The week on a started demo plant; ``report`` takes its steps, ``found`` what it has left behind."""

    def __init__(self, plant: Plant, report: Report) -> None:
        self.plant, self.report, self.found = plant, report, Found()
        self.cases: dict[str, str] = {}
        self.lots: dict[str, str] = {}
        self.signed: dict[str, int] = {}

    def tell(self, check: Check | None = None) -> None:
        """Let the week happen, step by step; ``check`` takes the sealed records, case by case as they come.

        Without it nobody waits for them.

        Raises:
            UnexpectedPage: a step failed; it is in the report with the reason.
        """
        acts: tuple[tuple[str, Callable[[], None]], ...] = (
            ("people sign in and accept the statement", self._people),
            ("a lot fails its incoming inspection and is rejected", self._rejected),
            ("deviation reported: lots held, with those made from them; supplier blocked", self._reported),
            ("a held lot is not released, a blocked supplier gets no order", self._gates),
            ("deviation judged, investigated, decided by three functions, closed", self._decided),
            ("CAPA opened by the deviation's message, planned and approved", self._capa),
            ("SCAR opened by the CAPA's message, answered and reviewed", self._scar),
            ("draft revisions of specification and inspection standard", self._drafts),
            ("change control opened by the CAPA's message, assessed, approved", self._change),
            ("change verified; who approved its plan cannot approve its effectivity", self._effective),
            ("supplier approval opened by the change, supplier approved again", self._supplier),
            ("next lot ordered, received, inspected under the new revision, released", self._released),
            ("SCAR verified on the lot; CAPA actions done and verified", self._verified),
            ("cases linked both ways on their pages", self._links),
            ("stock moves on the pages of the lots", self._moves),
        )
        for name, act in acts:
            with self.report.step(name):
                act()
        if check is not None:
            with self.report.step("every record sealed, downloaded and verified"):
                for key, case in self.cases.items():
                    check(self.plant.records(case, self.signed[key]))

    def _people(self) -> None:
        for login in SIGNERS:
            self.plant.person(login).choose_language()
            self.plant.accept_statement(login)

    def _rejected(self) -> None:
        case = self.plant.receive_material(RECEIVED[0], item=enter.ITEM, quantity="12000")
        self._case("lot_release", case)
        self._sign("lot_release", "inspector", enter.too_wide)
        self._sign("lot_release", "qa", enter.REJECTED)
        self._lot(RECEIVED[0], "rejected")

    def _reported(self) -> None:
        used = self._lot(enter.USED_LOT, "released")
        self._case("deviation", self.plant.start("inspector", "deviation"))
        self._sign("deviation", "inspector", enter.report(self._number(RECEIVED[0]), used))
        self._lot(RECEIVED[0], "rejected")
        made = self._made_from(enter.USED_LOT)
        assert made, f"nothing was made from {enter.USED_LOT}"
        self.lots |= made
        for address in (self.lots[enter.USED_LOT], *made.values()):
            self._stands(address, "hold")

    def _gates(self) -> None:
        """Both refusals name what stands in the way: the rule of the release, the case behind the block."""
        number = self.plant.case_number(self.cases["deviation"])
        self._refused("registrant", self._under_release(), enter.RELEASED, because="release.nonconformity")
        refused = self._order()
        assert refused.status >= 400, "an order with a blocked supplier was placed"
        assert number in refused.complaint(), f"refused for another reason: {refused.complaint()[:600]}"

    def _decided(self) -> None:
        self._sign("deviation", "qa", enter.ASSESSMENT)
        self._sign("deviation", "engineer", enter.DEVIATION_CAUSE)
        self._sign("deviation", "engineer", enter.dispositions(self._number(RECEIVED[0])))
        for login in ("qa", "regulatory", "releaser"):
            self._sign("deviation", login, enter.APPROVED)
        self._sign("deviation", "qa2", enter.CONCLUSION)
        self._lot(enter.USED_LOT, "released")

    def _capa(self) -> None:
        self._opened("capa", "deviation")
        self._sign("capa", "qa", enter.TRIAGE)
        self._sign("capa", "engineer", enter.CONTAINMENT)
        self._sign("capa", "engineer", enter.CAUSE)
        self._sign("capa", "qa", enter.APPROVED)
        self._sign("capa", "engineer", enter.capa_plan())
        self._sign("capa", "qa2", enter.APPROVED)

    def _scar(self) -> None:
        self._opened("scar", "capa")
        self._sign("scar", "qa", enter.SCAR_REQUEST)
        self._sign("scar", "buyer", enter.SCAR_CONTAINMENT)
        for paper in enter.scar_papers():
            self._sign("scar", "buyer", paper)
        self._sign("scar", "qa", enter.SCAR_REVIEW)

    def _drafts(self) -> None:
        common = {"item": enter.ITEM, "revision": enter.REVISION, "effective_from": "", "reason": enter.TITLE}
        specification = {**common, "specification": enter.SPECIFICATION}
        self._draft("item-revisions", lambda _form: specification)
        self._draft("inspection-standards", lambda form: {**common, **_narrowed(form)})

    def _change(self) -> None:
        self._opened("change_control", "capa")
        self._sign("change_control", "inspector", enter.CHANGE_REQUEST)
        self._sign("change_control", "qa", enter.SCREENING)
        for login in ("qa", "planner", "buyer", "engineer", "engineer", "owner"):
            self._sign("change_control", login, enter.IMPACT)
        self._sign("change_control", "regulatory", enter.IMPACT_REGULATORY)
        self._sign("change_control", "engineer", enter.change_plan())
        self._sign("change_control", "qa", enter.APPROVED)
        self._sign("change_control", "regulatory", enter.APPROVED)

    def _effective(self) -> None:
        self._sign("change_control", "engineer", enter.change_done())
        self._sign("change_control", "qa", enter.CHANGE_VERIFIED)
        self._refused("qa", self.cases["change_control"], enter.effectivity(), because="no form")
        self._sign("change_control", "qa2", enter.effectivity())
        self._awaited("change_control", "qa", enter.CHANGE_CLOSED)

    def _supplier(self) -> None:
        self._opened("supplier_approval", "change_control")
        for login, entered in (
            ("buyer", enter.SUPPLIER_REQUEST),
            ("buyer", enter.supplier_documents()),
            ("qa", enter.ACCEPTED),
            ("qa", enter.QUESTIONNAIRE),
            ("auditor", enter.supplier_audit()),
            ("inspector", enter.SAMPLE),
            ("head", enter.supplier_approval()),
        ):
            self._sign("supplier_approval", login, entered)

    def _released(self) -> None:
        placed = self._order()
        assert placed.status < 400, f"no order: {placed.complaint()[:600]}"
        case = self.plant.receive_material(RECEIVED[1], item=enter.ITEM, quantity="10000")
        self._case("next_lot_release", case)
        self._sign("next_lot_release", "inspector", enter.with_new_limit)
        assert enter.SPECIFICATION in self.plant.person("qa").get(case).text(), "not under the new revision"
        self._sign("next_lot_release", "qa", enter.RELEASED)
        self._lot(RECEIVED[1], "released")

    def _verified(self) -> None:
        self._sign("scar", "inspector", enter.scar_verified(self._number(RECEIVED[1])))
        for login in ("engineer", "buyer"):
            self._sign("capa", login, enter.ACTION_DONE)
        self._awaited("capa", "qa", enter.CAPA_VERIFIED)

    def _links(self) -> None:
        """Every case page names the case that asked for it and those it asked for; collect each pair once."""
        pages = {key: self.plant.person("qa").get(case) for key, case in self.cases.items()}
        lines = (reading.case_line(page, key.removeprefix("next_")) for key, page in pages.items())
        self.found.cases.extend(lines)
        numbers = {key: number_of(page) for key, page in pages.items()}
        named = {number_of(page): reading.linked(page) for page in pages.values()}
        for asking, asked in (
            ("lot_release", "deviation"),
            ("deviation", "capa"),
            ("capa", "change_control"),
            ("capa", "scar"),
            ("change_control", "supplier_approval"),
        ):
            first, second = numbers[asking], numbers[asked]
            for one, other in ((first, second), (second, first)):
                assert other in named[one], f"the page of {one} does not name {other}"
            self.found.links.append({"from": first, "to": second})

    def _moves(self) -> None:
        """Every line of the ledger of the lots received; of others the lines that name a case of the week."""
        ours = {line["number"] for line in self.found.cases}
        for lot, address in self.lots.items():
            lines = reading.ledger(self.plant.person("qa").get(address))
            self.found.moves += [one for one in lines if lot in RECEIVED or one["document"] in ours]
        documents = {one["document"] for one in self.found.moves}
        missing = {self.plant.case_number(self.cases[key]) for key in MOVING} - documents
        assert not missing, f"the ledgers do not name {', '.join(missing)}"

    def _sign(self, key: str, login: str, entered: Filling) -> None:
        """Sign the open step of a case."""
        self.plant.sign_step(login, self.cases[key], entered)
        self.signed[key] += 1

    def _awaited(self, key: str, login: str, entered: Filling) -> None:
        """Sign a step that a timer or a message opens; workers see to those."""
        case = self.cases[key]
        self.plant.until(lambda: self._waits_for(login, case) or None, f"a step of {key} for {login}")
        self._sign(key, login, entered)

    def _waits_for(self, login: str, case: str) -> bool:
        try:
            self.plant.task(login, case)
        except UnexpectedPage:
            return False
        return True

    def _refused(self, login: str, case: str, entered: Filling, *, because: str) -> None:
        """Somebody sees a step and cannot sign it, which the page explains; the step is as open as before."""
        assert self._waits_for(login, case), f"{login} does not see the step"
        said = ""
        try:
            self.plant.sign_step(login, case, entered)
        except UnexpectedPage as refusal:
            said = str(refusal)
        assert because in said, f"{login} was not refused for this: {said}"
        assert self._waits_for(login, case), f"the step went on although {login} was refused"

    def _case(self, key: str, address: str) -> None:
        self.cases[key] = address
        self.signed[key] = RELEASE_RECORDS - 2 if key.endswith("lot_release") else 0

    def _opened(self, process: str, asking: str) -> None:
        """The case of a process that another case has asked for by message; workers deliver it."""
        visitor = self.plant.person("qa")

        def asked() -> str | None:
            named = reading.linked(visitor.get(self.cases[asking]))
            listed = visitor.get(f"/cases?process={process}&state=running").links("/cases/")
            own = [one for one in listed if reading.is_one(one) and self.plant.case_number(one) in named]
            return own[0] if own else None

        self._case(process, self.plant.until(asked, f"a case of {process} asked for by {asking}"))

    def _lot(self, supplier_lot: str, status: str) -> str:
        """The number of a lot that must stand with a status in the list of the stock."""
        page = self.plant.person("qa").get(f"/stock?q={quote(supplier_lot)}&status={status}")
        found = reading.lot_links(page.tree)
        if len(found) != 1:
            raise UnexpectedPage(f"{supplier_lot} is not {status}: {page.text()[:300]}")
        [(number, address)] = found.items()
        self.lots[supplier_lot] = address
        return number

    def _number(self, supplier_lot: str) -> str:
        return reading.title(self.plant.person("qa").get(self.lots[supplier_lot]))

    def _made_from(self, supplier_lot: str) -> Mapping[str, str]:
        """Every lot that a lot went into, over all levels: addresses by numbers."""
        address = self.lots[supplier_lot]
        found = reading.lot_links(self.plant.person("qa").get(f"{address}/trace").tree)
        return {number: link for number, link in found.items() if link != address}

    def _stands(self, address: str, status: str) -> None:
        page = self.plant.person("qa").get(address)
        shown = reading.standing(page.tree)
        assert shown == status, f"{reading.title(page)} is {shown}, not {status}"

    def _under_release(self) -> str:
        """A release that is under way of a lot that is held now."""
        visitor = self.plant.person("qa")
        for address in self.lots.values():
            for case in visitor.get(address).links("/cases/"):
                if self._waits_for("registrant", case):
                    return case
        raise UnexpectedPage("no release of a held lot is under way")

    def _order(self) -> Page:
        buyer = self.plant.person("buyer")
        return buyer.submit(buyer.get("/orders/new").form("/orders"), enter.order())

    def _draft(self, plural: str, entered: Filling) -> None:
        planner = self.plant.person("planner")
        links = planner.get(f"/{plural}?q={enter.ITEM}").links(f"/{plural}/")
        first = next(link for link in links if reading.is_one(link))
        form = planner.get(f"/{plural}/new?like={first.rpartition('/')[2]}").form(f"/{plural}")
        page = planner.submit(form, entered(form) if callable(entered) else entered)
        if page.status >= 400 or not reading.is_one(page.url):
            raise UnexpectedPage(f"no draft ({page.status}): {page.complaint()[:600]}")


def _narrowed(form: Any) -> Mapping[str, str]:
    """The lines of an inspection standard, the first upper limit narrowed."""
    [first, *_] = form.xpath(".//input[contains(@name, '.upper')]/@name")
    return {str(first): enter.NEW_UPPER}
