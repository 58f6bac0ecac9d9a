"""What tables, columns and actions of the trail are called by people."""

from typing import Any

from flask_babel import lazy_gettext as _l

TABLES: dict[str, Any] = {
    "account_session": _l("Session"),
    "balance": _l("Stock balance"),
    "bom": _l("Bill of materials"),
    "case_state": _l("Position of a case in its model"),
    "clock": _l("Clock"),
    "former_password": _l("Former password"),
    "human_task": _l("Task"),
    "identity_check": _l("Proof of identity"),
    "inspection": _l("Inspection"),
    "inspection_characteristic": _l("Inspection characteristic"),
    "inspection_result": _l("Inspection result"),
    "item": _l("Item"),
    "location": _l("Location"),
    "lot": _l("Lot"),
    "lot_edge": _l("Genealogy link"),
    "movement": _l("Stock movement"),
    "notice_preference": _l("Wish for notices"),
    "number_counter": _l("Counter of numbers"),
    "number_rule": _l("Numbering rule"),
    "password_policy": _l("Rules for passwords"),
    "person": _l("Person"),
    "process_case": _l("Case"),
    "process_release": _l("Process release"),
    "purchase_order": _l("Purchase order"),
    "purchase_order_line": _l("Purchase order line"),
    "receipt": _l("Receipt"),
    "record": _l("Record"),
    "role_grant": _l("Role grant"),
    "security_notice": _l("Security notice"),
    "shipment": _l("Shipment"),
    "signature": _l("Signature"),
    "site": _l("Site"),
    "step_history": _l("Step of a case"),
    "stored_file": _l("File"),
    "supplier": _l("Supplier"),
    "warehouse": _l("Warehouse"),
    "work_order": _l("Work order"),
}
"""Tables by name."""

ROW_ACTIONS: dict[str, Any] = {
    "insert": _l("Created"),
    "update": _l("Changed"),
    "delete": _l("Deleted"),
}
"""What triggers write."""

EVENTS: dict[str, Any] = {
    "account.closed": _l("Account closed"),
    "account.locked": _l("Account locked"),
    "account.password_changed": _l("Password changed"),
    "account.password_reset": _l("Password reset"),
    "account.unlocked": _l("Account unlocked"),
    "bom.opened": _l("Bill of materials opened"),
    "identity.verified": _l("Identity verified"),
    "import.applied": _l("List brought in"),
    "import.checked": _l("List checked"),
    "import.proposed": _l("List proposed"),
    "import.refused": _l("List refused"),
    "inspection.opened": _l("Inspection opened"),
    "inspection.recorded": _l("Inspection recorded"),
    "installation.initialised": _l("Installation set up"),
    "item.opened": _l("Item opened"),
    "item.standard_extended": _l("Inspection standard extended"),
    "job.retried": _l("Job tried again"),
    "lot.received": _l("Lot received"),
    "lot.rejected": _l("Lot rejected"),
    "lot.released": _l("Lot released"),
    "lot.shipped": _l("Lot shipped"),
    "movement.reversed": _l("Consumption taken back"),
    "order.placed": _l("Order placed"),
    "output.posted": _l("Output posted"),
    "policy.changed": _l("Policy changed"),
    "receipt.posted": _l("Receipt posted"),
    "record.sealed": _l("Record sealed"),
    "record.signed": _l("Record signed"),
    "release.proposed": _l("Release proposed"),
    "request.refused": _l("Request refused"),
    "session.closed": _l("Signed out"),
    "session.opened": _l("Signed in"),
    "sign_in.held_up": _l("Sign-in held up: too many failures"),
    "signature.refused": _l("Signature refused"),
    "signing.suspended": _l("Signing suspended"),
    "statement.accepted": _l("Statement accepted"),
    "supplier.opened": _l("Supplier opened"),
    "trail.exported": _l("Trail exported"),
    "trail.verified": _l("Trail verified"),
    "work_order.opened": _l("Work order opened"),
}
"""Named events; one that is missing here shows its stable code."""

COLUMNS: dict[str, Any] = {
    "actor_name": _l("Name"),
    "case_id": _l("Case"),
    "claimed_by": _l("Claimed by"),
    "code": _l("Code"),
    "completed_at": _l("Completed at"),
    "completed_by": _l("Completed by"),
    "correlation_id": _l("Correlation id"),
    "created_at": _l("Created at"),
    "created_by": _l("Created by"),
    "customer": _l("Customer"),
    "data": _l("Entries"),
    "decided_by": _l("Decided by"),
    "decision": _l("Decision"),
    "delivery": _l("By e-mail"),
    "draft": _l("Draft"),
    "email": _l("E-mail address"),
    "due_at": _l("Due"),
    "effective_at": _l("Effective from"),
    "ended_at": _l("Ended at"),
    "expiry": _l("Expiry"),
    "failures": _l("Failed attempts"),
    "files": _l("Files"),
    "item_id": _l("Item"),
    "kind": _l("Kind"),
    "language": _l("Language"),
    "locked_at": _l("Locked at"),
    "login": _l("User name"),
    "lot_id": _l("Lot"),
    "name": _l("Name"),
    "note": _l("Note"),
    "number": _l("Number"),
    "opened_by": _l("Opened by"),
    "outcome": _l("Outcome"),
    "password_hash": _l("Password"),
    "person_id": _l("Person"),
    "quantity": _l("Quantity"),
    "reason": _l("Reason"),
    "revision": _l("Revision"),
    "role": _l("Role"),
    "sealed_at": _l("Sealed at"),
    "signed_at": _l("Signed at"),
    "site_id": _l("Site"),
    "started_at": _l("Started at"),
    "started_by": _l("Started by"),
    "state": _l("State"),
    "status": _l("Status"),
    "step": _l("Step"),
    "supplier_id": _l("Supplier"),
    "supplier_lot": _l("Supplier's lot"),
    "title": _l("Title"),
    "unit": _l("Unit"),
    "valid_from": _l("Valid from"),
    "valid_to": _l("Valid to"),
    "version": _l("Version"),
    "zone": _l("Time zone"),
}
"""Columns by name; others show their own name with spaces."""

PAGES = {
    "human_task": ("inbox.task", "task_id"),
    "item": ("catalog.item", "item_id"),
    "lot": ("traceability.lot", "lot_id"),
    "person": ("people.show", "person_id"),
    "process_case": ("cases.show", "case_id"),
    "process_release": ("modeler.show", "release_id"),
    "purchase_order": ("procurement.order", "order_id"),
    "receipt": ("procurement.receipt", "receipt_id"),
    "record": ("archive.show", "record_id"),
    "release": ("modeler.show", "release_id"),
    "site": ("sites.show", "site_id"),
    "work_order": ("production.work_order", "work_order_id"),
}
"""The page of an object of a table: endpoint and name of its argument."""


def table_name(subject_type: str) -> str:
    """Call a table or subject (``inventory.lot``) by its name for people."""
    plain = subject_type.rsplit(".", 1)[-1]
    return str(TABLES.get(plain, subject_type.replace("_", " ")))


def column_name(column: str) -> str:
    """Call a column by its name for people."""
    return str(COLUMNS.get(column, column.replace("_", " ")))


def action_name(action: str) -> str:
    """Call an action by its name for people."""
    return str(ROW_ACTIONS.get(action) or EVENTS.get(action, action))
