"""The ground floor: time, identity, errors, numbers, transactions, outbox. No Flask, no domain word."""
