"""The ground floor: time, identity, errors, numbers, transactions and the outbox. No Flask, no domain word."""
