"""The sound stores that mutants are made of, and their files as bytes."""
import os
import random
import shutil
import stat

from . import madeup


def files(directory):
    """Every file of a store by its path below the directory."""
    found = {}
    for at, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(at, name)
            with open(path, "rb") as file: found[os.path.relpath(path, directory)] = file.read()
    return found


def restore(directory, wanted):
    """Gives a directory exactly these files. Those that are there are overwritten in place, so that nothing that trusts a
    directory by its device and number takes the mutant for a copy."""
    os.makedirs(directory, mode=0o700, exist_ok=True)
    for at, names, inside in os.walk(directory, topdown=False):
        for name in inside:
            path = os.path.join(at, name)
            if os.path.relpath(path, directory) not in wanted or not stat.S_ISREG(os.lstat(path).st_mode): os.remove(path)
        for name in names:
            path = os.path.join(at, name)
            below = os.path.relpath(path, directory) + "/"
            if os.path.islink(path): os.remove(path)
            elif not any(w.startswith(below) for w in wanted): shutil.rmtree(path)
    for path, data in wanted.items():
        full = os.path.join(directory, path)
        os.makedirs(os.path.dirname(full), mode=0o700, exist_ok=True)
        with open(os.open(full, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.truncate(len(data))
            file.write(data)


def strays(directory):
    """Files that no store has when nobody is at work."""
    return sorted(p for p in files(directory) if os.path.basename(p).startswith(("unsynced-", ".")) or p.endswith((".new", ".part", ".tmp")))


def settle(rihla, directory, asked):
    """Lets every view catch up."""
    for question in asked: rihla.must(directory, *question, statuses=(0, 2))


def make(rihla, directory, seed, count):
    """A store with everything in it, and on the way an older copy of its files."""
    made = madeup.Events(seed)
    events, older = [], None
    path = directory + ".input"

    def write(text):
        with open(path, "wb") as file: file.write(text)
        return path
    for part in range(2):
        events += made.take(count // 2)
        rihla.must(directory, "ingest", write(madeup.lines(events[-(count // 2):])), "--quiet")
        asked = madeup.chief(madeup.questions(events))
        settle(rihla, directory, asked)
        rihla.must(directory, "rules", "set", write(madeup.RULES[part].encode()), "--quiet")
        for _ in range(12):
            events += made.take(2)
            rihla.must(directory, "append", "--quiet", feed=madeup.lines(events[-2:]))
        settle(rihla, directory, asked)
        # What a rebuild left unsynced is synced by the next catch-up.
        events += made.take(3)
        rihla.must(directory, "append", "--quiet", feed=madeup.lines(events[-3:]))
        settle(rihla, directory, asked)
        if part == 0: older = files(directory)
    os.remove(path)
    return events, older


class Base:
    """The stores of a run: the one that is damaged, an older copy of it, and another one."""

    def __init__(self, rihla, directory, seed, count):
        kept = os.path.join(directory, "older")
        if os.path.isdir(kept):
            # Made by an earlier run: its events are the same, and so are its bytes.
            self.events = madeup.Events(seed).take(count // 2 * 2 + 2 * (24 + 3))
            self.older = files(kept)
        else:
            os.makedirs(directory, exist_ok=True)
            self.events, self.older = make(rihla, os.path.join(directory, "store"), seed, count)
            make(rihla, os.path.join(directory, "other"), f"{seed} other", count)
            restore(kept, self.older)
        self.sound, self.other = files(os.path.join(directory, "store")), files(os.path.join(directory, "other"))
        for path in strays(os.path.join(directory, "store")): print(f"note: the sound store holds {path}")
        known = random.Random(f"known {seed}").sample(self.events, 40)
        new = {"id": "after", "source": "web", "type": "order_completed", "occurred_at": "2026-02-01T00:00:00Z", "customer": "user_id:u2",
               "amount": "77.00", "currency": "EUR", "properties": {"order_id": "after"}}
        self.append = madeup.lines(known[:20] + [new] + known[20:])
        more = madeup.Events(f"{seed} more").take(600)
        for event in more: event["id"] = "more-" + event["id"]
        self.more = os.path.join(directory, "more.ndjson")
        with open(self.more, "wb") as file: file.write(madeup.lines(more))
