"""The frozen choices of this product's signatures; a change of any of them is an ADR.

P-256 and P-384 only: NSS, and with it poppler, cannot check Ed25519. Own identifiers lie below a UUID arc
(ITU-T X.667), which nobody has to register.
"""

import re
from datetime import timedelta

ARC = "2.25.186564662955035354290312774576086886850"
RECORD_HASH_OID = f"{ARC}.1"
"""Certificate extension: OCTET STRING, the SHA-256 of the one canonical record the key may sign."""
DECLARATION_OID = f"{ARC}.2"
"""Signed CMS attribute: UTF8String, RFC 8785 JSON of who signs what in which meaning."""
TSA_POLICY_OID = f"{ARC}.3"
"""Policy under which the plant's own time-stamping authority issues tokens (RFC 3161)."""

DOCUMENT_SIGNING_OID = "1.3.6.1.5.5.7.3.36"
"""Extended key usage for signing documents (RFC 9336)."""
NO_REVOCATION_OID = "2.5.29.56"
"""noRevAvail (RFC 9608): the certificate lives too briefly to be revoked."""

ROOT_LIFE = timedelta(days=365 * 30)
ISSUING_LIFE = timedelta(days=365 * 25)
SEAL_LIFE = timedelta(days=365 * 5)
TSA_LIFE = timedelta(days=365 * 20)
ONE_SIGNATURE_LIFE = timedelta(days=7)
"""How long a signer's key may wait for the worker; it is erased as soon as the page is sealed."""
CLOCK_LEEWAY = timedelta(minutes=5)
"""How far before the present a certificate starts, so that a reader's slow clock does not refuse it."""
CRL_LIFE = timedelta(days=30)
TIMESTAMP_ACCURACY_SECONDS = 1

DIGEST = "sha256"
LEVEL = "B-T"
"""Level of every signature made here: baseline with a signature timestamp (ETSI EN 319 122-1, 142-1)."""
SEAL_FIELD = "seal"
SIGNER_FIELD = "sig-{position}"
RECORD_FILE = "record.json"
EVIDENCE_NAME = re.compile(r"sig-[1-9][0-9]*\.p7s")
"""Names of the embedded evidence, one a signer: ``sig-1.p7s`` and so on."""
DECLARATION_FORMAT = "qms.signature/1"
