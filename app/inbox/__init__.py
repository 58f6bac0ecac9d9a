"""The approver's room: see, claim, fill and sign any human task."""
