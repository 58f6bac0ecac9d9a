"""What somebody reads on the pages of cases and lots: state, waits, links, ledger; in any language."""

import re
from typing import Any

from app.cli.story import number_of
from app.cli.visit import Page

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def is_one(link: str) -> bool:
    """Whether an address is that of one object, not of a list, a form or a part of it."""
    return re.search(rf"/{UUID}$", link) is not None


def title(page: Page) -> str:
    """The title that a page shows."""
    return _words(page.tree.xpath("//h1")[0])


def lot_links(part: Any) -> dict[str, str]:
    """The lots that a page, or a part of one, leads to: addresses by numbers."""
    links = part.xpath(".//a[contains(@href, '/lots/')]")
    return {_words(one): one.get("href") for one in links if is_one(one.get("href"))}


def standing(part: Any) -> str:
    """The code of the first status that is shown."""
    found = part.xpath(".//*[@data-status]/@data-status")
    return str(found[0]) if found else ""


def case_line(page: Page, process: str) -> dict[str, Any]:
    """A case in a line: number, process, state, and what it waits for, with until when that is due."""
    waits = [
        {"what": _words(one.xpath(".//strong")[0]), "until": _latest(one)}
        for one in page.tree.xpath("//*[@class='task-now']")
    ]
    return {"number": number_of(page), "process": process, "state": standing(page.tree), "waits": waits}


def linked(page: Page) -> set[str]:
    """The numbers of the cases that the page of a case names as linked with it."""
    return set(page.tree.xpath("//*[@data-linked]/@data-linked"))


def ledger(page: Page) -> list[dict[str, str]]:
    """The lines of the ledger on the page of a lot, as it shows them."""
    lines = []
    for row in page.tree.xpath("//table//tr[count(td) = 6 and td[1]//time]"):
        _when, kind, quantity, status, document, person = (_words(cell) for cell in row.xpath("td"))
        at = str(row.xpath("td[1]//time/@datetime")[0])
        line = {"lot": title(page), "at": at, "movement": kind, "quantity": quantity}
        lines.append({**line, "status": status, "document": document, "by": person})
    return lines


def _latest(waiting: Any) -> str:
    """Until when something that waits is due; what shows only since when it waits is due at no time."""
    moments = sorted(str(one) for one in waiting.xpath(".//time/@datetime"))
    return moments[-1] if len(moments) > 1 else ""


def _words(part: Any) -> str:
    return " ".join(part.text_content().split())
