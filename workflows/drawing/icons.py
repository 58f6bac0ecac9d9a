"""Icons as path data: of tasks from the top left of 16 by 16, of events and gateways around the centre."""

TASK_ICONS = {
    "userTask": "M8 8.2a3.1 3.1 0 1 0 0-6.2a3.1 3.1 0 0 0 0 6.2z"
    "M2.2 15.2c0-3.4 2.3-5.4 5.8-5.4s5.8 2 5.8 5.4z",
    "serviceTask": "M8 5.4a2.6 2.6 0 1 0 0 5.2a2.6 2.6 0 0 0 0-5.2zM8 1.6v2M8 12.4v2M1.6 8h2M12.4 8h2"
    "M3.5 3.5l1.4 1.4M11.1 11.1l1.4 1.4M12.5 3.5l-1.4 1.4M4.9 11.1l-1.4 1.4",
    "businessRuleTask": "M1.5 3h13v10h-13zM1.5 6h13M1.5 9.5h13M6 6v7",
    "scriptTask": "M4.5 2h8.5c-2.5 2.5 1 5-1.5 7.5s-1 3-2 4.5h-8c2.5-2 .5-4 2-6s0-4 1-6z"
    "M5.6 5h4.8M5 8h4.8M4.6 11h4.8",
    "sendTask": "M1.5 3.5h13v9h-13zM1.5 3.5l6.5 5l6.5-5",
    "receiveTask": "M1.5 3.5h13v9h-13zM1.5 3.5l6.5 5l6.5-5",
    "manualTask": "M2 9.5l3.5-5l1.2.6l-1.5 3h8.3v1.6h-3.4h3v1.5h-3.2h2.4v1.4h-7.5c-1.4 0-2.8-1.4-2.8-3.1z",
}

EVENT_ICONS = {
    "timer": "M0-8.4a8.4 8.4 0 1 0 0 16.8a8.4 8.4 0 0 0 0-16.8zM0-5.4V0L3.8 2.2",
    "message": "M-7-4.8H7V4.8H-7zM-7-4.8L0 1L7-4.8",
    "error": "M-6 6L-2-5L2 1.8L6-6L2.4 5.4L-2-1z",
    "signal": "M0-7L7 5H-7z",
    "escalation": "M0-7L5.4 6.4L0 1L-5.4 6.4z",
    "conditional": "M-5.4-7H5.4V7H-5.4zM-3.2-4H3.2M-3.2 0H3.2M-3.2 4H3.2",
    "compensate": "M-.4-5V5L-7 0zM6.6-5V5L0 0z",
    "link": "M-7-3H1V-6.4L7.4 0L1 6.4V3H-7z",
    "terminate": "M0-8a8 8 0 1 0 0 16a8 8 0 0 0 0-16z",
    "cancel": "M-6-6L6 6M6-6L-6 6",
}

GATEWAY_ICONS = {
    "exclusiveGateway": "M-6.5-7.5L6.5 7.5M6.5-7.5L-6.5 7.5",
    "parallelGateway": "M-10 0H10M0-10V10",
    "inclusiveGateway": "M0-9a9 9 0 1 0 0 18a9 9 0 0 0 0-18z",
    "complexGateway": "M-9 0H9M0-9V9M-6.5-6.5L6.5 6.5M6.5-6.5L-6.5 6.5",
    "eventBasedGateway": "M0-10.5a10.5 10.5 0 1 0 0 21a10.5 10.5 0 0 0 0-21z"
    "M0-6L5.7-1.8L3.5 4.9H-3.5L-5.7-1.8z",
}

REPEAT_ICONS = {
    "loop": "M-2 5.6a5.6 5.6 0 1 1 4.6-.4M-5.4 5.4h3.6v-3.4",
    "parallel": "M-4.5-5.5V5.5M0-5.5V5.5M4.5-5.5V5.5",
    "sequential": "M-5.5-4.5H5.5M-5.5 0H5.5M-5.5 4.5H5.5",
}
