"""The backend of the support desk in Python: the same as backend-ts/main.ts, with nothing but nats-py.

    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt
    NATS_URL=nats://127.0.0.1:4622 .venv/bin/python main.py

A command may come again under the same id (the client did not get its answer): what was decided stays decided, and its
events go out under the ids they had, so that nothing is delivered twice.
"""

import asyncio
import json
import os
import re
import signal
import sys
from datetime import datetime, timezone

import nats

SOURCE = "/desk/backend"
MAX_REMEMBERED = 10_000

tickets = {
    "T-1": {"status": "open", "replies": 0},
    "T-2": {"status": "open", "replies": 0},
    "T-9": {"status": "solved", "replies": 4},
}
decided = {}


class Refusal(Exception):
    """Codes are of Rollcall's catalogue: CONFLICT, because what the agent saw does not hold any more."""

    code = "CONFLICT"


def open_ticket(name):
    ticket = tickets.get(name)
    if ticket is None:
        raise Refusal(f"there is no ticket {name}")
    if ticket["status"] == "solved":
        raise Refusal(f"{name} is solved: open it again first")
    return ticket


def reply(data, user):
    ticket = open_ticket(data["ticket"])
    ticket["replies"] += 1
    answer = {"ticket": data["ticket"], "number": ticket["replies"]}
    return {"answer": answer, "action": "replied", "data": {**answer, "text": data["text"], "by": user}}


def assign(data, user):
    open_ticket(data["ticket"])
    answer = {"ticket": data["ticket"], "assignee": data["assignee"]}
    state = {"key": "assignee", "value": data["assignee"]}
    return {"answer": answer, "action": "assigned", "data": {**answer, "by": user}, "state": state}


def take(data, user):
    return assign({"ticket": data["ticket"], "assignee": user}, user)


def remembered(key, decide):
    if key not in decided:
        decided[key] = decide()
        if len(decided) > MAX_REMEMBERED:
            del decided[next(iter(decided))]
    return decided[key]


async def publish(nc, outcome, fields):
    """Raises unless all of it has been taken; done again under the same ids it changes nothing."""
    tenant, action, data = fields["rollcall-tenant"], outcome["action"], outcome["data"]
    event_id = f"{fields['rollcall-user']}.{fields['rollcall-id']}"
    headers = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-source": SOURCE,
        "ce-type": f"desk.ticket.{action}",
        "ce-time": datetime.now(timezone.utc).isoformat().replace("+00:00", "Z"),
        "content-type": "application/json",
        "traceparent": fields["traceparent"],
        "Nats-Msg-Id": f"{tenant} {event_id}",
    }
    subject = f"events.{tenant}.tickets.{action}"
    await nc.jetstream().publish(subject, json.dumps(data).encode(), timeout=2, headers=headers)
    if "state" not in outcome:
        return
    patch = {
        "namespace": "/support",
        "room": f"ticket:{data['ticket']}",
        "ops": [{"op": "set", **outcome["state"]}],
        "id": re.sub(r"[^A-Za-z0-9_-]", "-", event_id[-64:]),
    }
    install = os.environ.get("INSTALL", "rollcall")
    answer = await nc.request(f"{install}.v1.{tenant}.room.patch", json.dumps(patch).encode(), timeout=2)
    result = json.loads(answer.data)
    if not result["ok"]:
        raise RuntimeError(f"room.patch: {result['error']['code']}")


async def main():
    nc = await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4622"))

    def answering(decide):
        async def answer(request):
            fields = request.headers
            user = fields["rollcall-user"]
            try:
                key = (fields["rollcall-tenant"], user, fields["rollcall-id"])
                outcome = remembered(key, lambda: decide(json.loads(request.data), user))
                await publish(nc, outcome, fields)
                await request.respond(json.dumps(outcome["answer"]).encode())
            except Exception as error:
                refused = isinstance(error, Refusal)
                body = json.dumps({"message": str(error) if refused else "try again"}).encode()
                headers = {"rollcall-error": error.code if refused else "UNAVAILABLE"}
                await nc.publish(request.reply, body, headers=headers)
                if not refused:
                    print(repr(error), file=sys.stderr)

        return answer

    commands = {"reply": reply, "assign": assign, "take": take}
    for name, decide in commands.items():
        await nc.subscribe(f"commands.ticket.{name}", queue="support-desk", cb=answering(decide))
    await nc.flush()
    print(f"answering {', '.join(commands)} on {nc.connected_url.netloc}", flush=True)

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await nc.drain()


asyncio.run(main())
