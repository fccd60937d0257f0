"""Plays transcripts with python-socketio. Reads a JSON list of performances, answers with one of errors (null: none)."""

import json
import queue
import sys
import threading

import engineio
import socketio

WAIT_S = 20
# An edge that cannot take a connection now closes it, and clients come back.
ATTEMPTS = 5


class InOrder(engineio.Client):
    """The library handles each message in a thread of its own, whichever comes first; here one after the other."""

    def _trigger_event(self, event, *args, run_async=False, **kwargs):
        # DISCONNECT and CONNECT_ERROR end the connection, which the thread that reads it cannot.
        ends = event == "message" and args[0][:1] in ("1", "4")
        return super()._trigger_event(event, *args, run_async=ends, **kwargs)


class Client(socketio.Client):
    def _engineio_client_class(self):
        return InOrder


class Player:
    def __init__(self, url, auth):
        self.events = queue.Queue()
        self.refusal = None
        self.closed = threading.Event()
        self.sio = Client(reconnection=False)
        self.sio.on("*", self.heard)
        self.sio.on("connect_error", self.refused)
        self.sio.on("disconnect", lambda *_: self.end())
        for _ in range(ATTEMPTS):
            self.closed.clear()
            self.connect(url, auth)
            if self.refusal is not None:
                break
            # The first event, or None: closed before it.
            first = self.events.get(timeout=WAIT_S)
            if first is not None:
                self.events.put(first)
                break

    def connect(self, url, auth):
        try:
            self.sio.connect(url, auth=auth, transports=["websocket"], wait_timeout=WAIT_S)
        except socketio.exceptions.ConnectionError:
            if self.refusal is None:
                self.events.put(None)

    def end(self):
        self.closed.set()
        self.events.put(None)

    def heard(self, name, *args):
        if name != "session:health":
            self.events.put([name, *args])

    def refused(self, data):
        if isinstance(data, dict):  # else the transport failed
            self.refusal = data

    def next(self):
        event = self.events.get(timeout=WAIT_S)
        assert event is not None, "the connection was closed"
        return event

    def drop(self):
        self.sio.eio.disconnect(abort=True)


def filled(value, bound):
    if isinstance(value, str) and value.startswith("$"):
        return bound[value]
    if isinstance(value, list):
        return [filled(item, bound) for item in value]
    if isinstance(value, dict):
        return {key: filled(item, bound) for key, item in value.items()}
    return value


ABSENT = object()


def compare(expected, actual, bound, path=""):
    def check(holds):
        if not holds:
            got = "nothing" if actual is ABSENT else json.dumps(actual)
            raise AssertionError(f"{path or '/'}: expected {json.dumps(expected)}, got {got}")

    if expected == "$absent":
        check(actual is ABSENT)
    elif isinstance(expected, str) and expected.startswith("$"):
        check(actual is not ABSENT and actual is not None)
        if expected != "$":
            compare(bound.setdefault(expected, actual), actual, bound, path)
    elif isinstance(expected, list):
        check(isinstance(actual, list) and len(actual) == len(expected))
        for i, item in enumerate(expected):
            compare(item, actual[i], bound, f"{path}/{i}")
    elif isinstance(expected, dict):
        check(isinstance(actual, dict))
        for key, item in expected.items():
            compare(item, actual.get(key, ABSENT), bound, f"{path}/{key}")
    else:
        check(expected == actual)


def play(step, players, performance, bound):
    name = step["client"]
    if "connect" in step:
        wanted = step["connect"]
        auth = filled(wanted.get("auth", {}), bound)
        if "token" in wanted:
            auth = {"token": performance["tokens"][wanted["token"]], **auth}
        player = players[name] = Player(performance["edges"][wanted.get("edge", 0)], auth)
        if "refused" in step:
            compare(step["refused"], player.refusal["data"], bound)
        else:
            compare(["session:ready", step["ready"], {}], player.next(), bound)
        return
    player = players[name]
    if "event" in step:
        compare(step["event"], player.next()[: len(step["event"])], bound)
    elif "drop" in step:
        player.drop()
    elif "disconnect" in step:
        player.sio.disconnect()
    elif "closed" in step:
        assert player.closed.wait(WAIT_S), "not closed"
    else:
        refreshed = {"token": performance["tokens"].get(step.get("refresh"))}
        event, *args = filled(step.get("emit", ["session:refresh", refreshed]), bound)
        if "ack" in step:
            compare(step["ack"], player.sio.call(event, tuple(args), timeout=WAIT_S), bound)
        else:
            player.sio.emit(event, tuple(args))


def perform(performance):
    players, bound = {}, {}
    try:
        for i, step in enumerate(performance["steps"]):
            try:
                play(step, players, performance, bound)
            except Exception as error:
                return f"step {i} {json.dumps(step)}: {type(error).__name__} {error}"
        return None
    finally:
        for player in players.values():
            player.sio.disconnect()


if __name__ == "__main__":
    json.dump([perform(performance) for performance in json.load(sys.stdin)], sys.stdout)
