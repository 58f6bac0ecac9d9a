"""Why something may not be ordered: the rule and the way out (URS-041)."""

from datetime import date

from core.errors import Conflict


def blocked(supplier: str, why: str) -> Conflict:
    """Nothing is ordered from a blocked supplier."""
    return Conflict(
        "supplier.blocked",
        "Supplier %(supplier)s is blocked: %(why)s. Nothing is ordered from a blocked supplier; order "
        "elsewhere, or have the block lifted by quality assurance with a signature.",
        field="supplier",
        supplier=supplier,
        why=why,
    )


def conditional(supplier: str, item: str, why: str) -> Conflict:
    """The scope does not stand on the conditions."""
    return Conflict(
        "supplier.conditional",
        "Supplier %(supplier)s is approved on conditions only: %(why)s. The scope of item %(item)s does not "
        "say that it stands on these conditions; have the scope changed, or the conditions lifted.",
        field="supplier",
        supplier=supplier,
        item=item,
        why=why,
    )


def scope_lapsed(supplier: str, item: str, site: str, over: date) -> Conflict:
    """The scope is over since a day."""
    return Conflict(
        "supplier.scope_lapsed",
        "The approval of supplier %(supplier)s for item %(item)s at site %(site)s ended on %(day)s. Only "
        "approved pairs are ordered; propose a new scope under “Approved scopes”.",
        field="item",
        supplier=supplier,
        item=item,
        site=site,
        day=over,
    )


def scope_ahead(supplier: str, item: str, site: str, ahead: date) -> Conflict:
    """The scope begins later."""
    return Conflict(
        "supplier.scope_ahead",
        "Supplier %(supplier)s is approved for item %(item)s at site %(site)s from %(day)s on, not before. "
        "Order on that day.",
        field="item",
        supplier=supplier,
        item=item,
        site=site,
        day=ahead,
    )


def not_approved(supplier: str, item: str, site: str) -> Conflict:
    """There is no scope."""
    return Conflict(
        "supplier.not_approved",
        "Supplier %(supplier)s is not approved for item %(item)s at site %(site)s. Only approved pairs are "
        "ordered; propose the scope under “Approved scopes”, or order from an approved supplier.",
        field="item",
        supplier=supplier,
        item=item,
        site=site,
    )


def certificate_missing(supplier: str, rated: str, wanted: str, over: date | None) -> Conflict:
    """The risk class demands a valid certificate; the last one expired on ``over``, None: there was none."""
    if over is not None:
        return Conflict(
            "supplier.certificate_expired",
            "The certificate %(wanted)s of supplier %(supplier)s expired on %(day)s; class %(risk)s demands "
            "a valid one. Enter the new certificate under “Certificates”.",
            field="supplier",
            supplier=supplier,
            wanted=wanted,
            risk=rated,
            day=over,
        )
    return Conflict(
        "supplier.certificate_missing",
        "Supplier %(supplier)s has no valid certificate %(wanted)s, which class %(risk)s demands. Enter it "
        "under “Certificates”.",
        field="supplier",
        supplier=supplier,
        wanted=wanted,
        risk=rated,
    )
