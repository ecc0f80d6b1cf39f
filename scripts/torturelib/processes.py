"""Twelve processes at once on one store: four append, two ingest, four ask, one rebuilds, one exports to a pipe that is read in
stops. Nobody is killed and nothing fails; so every status is right, nothing is lost, and each answer holds for its position."""
import collections
import json
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time

from . import madeup, store
from .rihla import Rihla
from .table import table

ALLOWANCE = 64 << 20


def add_options(parser):
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--rate", type=float, default=60, help="events a second that each appending process is given (default 60)")


class Work:
    """What the processes share: the store, the ledger of what was acknowledged, what was found wrong."""

    def __init__(self, options, directory):
        self.rihla, self.directory, self.seed, self.rate = Rihla(options.binary, limit=60), os.path.join(directory, "store"), options.seed, options.rate
        self.scratch, self.until = directory, 0.0
        self.lock, self.ledger, self.given = threading.Lock(), [], set()
        self.told = []
        self.wrong, self.counts = collections.defaultdict(list), collections.Counter()

    @property
    def goes_on(self): return time.monotonic() < self.until

    def count(self, what, more=1):
        with self.lock: self.counts[what] += more

    def fail(self, check, words):
        with self.lock: self.wrong[check].append(words)

    def ended(self, what, status, err, wanted=(0,)):
        """Whether a process ended as it should; every one is counted."""
        self.count(f"runs of {what}")
        if status in wanted: return True
        words = "did not end" if status is None else f"signal {-status}" if status < 0 else f"status {status}"
        self.fail("every exit status is right", f"{what}: {words}: {err.decode(errors='replace').strip()[:200]}")
        return False


def named(prefix, events):
    for e in events: e["id"] = f"{prefix}-{e['id']}"
    return events


def appending(work, number):
    """One event a line; the next is given when the one before is acknowledged. A new process after some hundred."""
    made, r = madeup.Events(f"{work.seed} append {number}"), random.Random(f"{work.seed} append {number}")
    while work.goes_on:
        process = subprocess.Popen(work.rihla.command(work.directory, ["append", "--quiet"]), env=work.rihla.environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        last = 0
        try:
            for _ in range(r.randrange(1, 400)):
                if not work.goes_on: break
                [event] = named(f"a{number}", made.take(1))
                with work.lock: work.given.add(event["id"])
                process.stdin.write(json.dumps(event).encode() + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
                if not line: break
                answer = json.loads(line)
                if answer.get("duplicate") is not False or answer["position"] <= last:
                    work.fail("acknowledgements are new and in order", f"{event['id']}: {line.decode().strip()}")
                    break
                last = answer["position"]
                with work.lock: work.ledger.append((event["id"], last))
                time.sleep(r.expovariate(work.rate))
        except BrokenPipeError:
            # It has ended by itself; its status says why.
            pass
        _, err = process.communicate()
        work.ended("append", process.returncode, err)


def ingesting(work, number):
    """Files of which some lines are known already; every third has a line that is none."""
    made, r = madeup.Events(f"{work.seed} ingest {number}"), random.Random(f"{work.seed} ingest {number}")
    known, path, turn = [], os.path.join(work.scratch, f"ingest{number}.ndjson"), 0
    while work.goes_on:
        new = named(f"i{number}", made.take(r.randrange(1, 300)))
        again = r.sample(known, min(len(known), r.randrange(40)))
        text, turn = madeup.lines(new + again), turn + 1
        is_bad = turn % 3 == 0
        with open(path, "wb") as file: file.write(text + (b'{"id": 7,\n' if is_bad else b""))
        with work.lock: work.given.update(e["id"] for e in new)
        result = work.rihla.run(work.directory, "ingest", path, "--format", "json", "--quiet")
        if not work.ended("ingest", result.status, result.err, (2,) if is_bad else (0,)): continue
        answer = json.loads(result.out)
        if (answer["accepted"], answer["duplicates"]) != (len(new), len(again)):
            work.fail("an ingest knows what is new and what is known", f"{len(new)} new and {len(again)} known: {answer['accepted']} and {answer['duplicates']}")
        with work.lock: work.ledger += [(e["id"], None) for e in new]
        known += new
        time.sleep(r.random())


QUESTIONS = [
    ["stages"], ["customers"], ["deals"], ["pipeline"], ["attribution", "--model", "linear,last,markov"], ["timeline", "user_id:u1"], ["customer", "user_id:u2"], ["identity"],
    ["funnel"], ["funnel", "--steps", "ad_clicked,page_viewed,order_completed", "--window", "30d"], ["paths"], ["channels", "--model", "linear"], ["objections"],
    ["kpis"], ["sla"], ["bottlenecks"], ["cohorts"], ["report", "--period", "month"], ["deal", "d1"], ["brief", "user_id:u3"],
]


def plain(out):
    """An answer without the words that say it was asked as at a position, and where it stood."""
    answer = json.loads(out)
    return {k: v for k, v in answer.items() if k not in ("as_at", "position")}, answer.get("position")


def asking(work, number):
    """A question of now, then the same as at the position that the answer names."""
    r = random.Random(f"{work.seed} ask {number}")
    while work.goes_on:
        question = r.choice(QUESTIONS)
        first = work.rihla.run(work.directory, *question, "--format", "json", "--quiet")
        if not work.ended("ask", first.status, first.err, (0, 2)): continue
        answer, position = plain(first.out)
        time.sleep(r.random() * 0.5)
        compare(work, question, answer, position)
        with work.lock: work.told.append((question, answer, position))


def compare(work, question, answer, position):
    """Asks as at the position of an earlier answer."""
    second = work.rihla.run(work.directory, *question, "--as-at", position, "--format", "json", "--quiet")
    if not work.ended("ask as at", second.status, second.err, (0, 2)): return
    again, at = plain(second.out)
    work.count("answers compared")
    if answer != again or at != position:
        differs = [k for k in answer if answer[k] != again.get(k)] or ["position"]
        work.fail("each answer equals that as at its position", f"`{' '.join(question)}` at {position}: {', '.join(differs)}")


def rebuilding(work, _):
    while work.goes_on:
        result = work.rihla.run(work.directory, "rebuild", "--quiet", limit=120)
        work.ended("rebuild", result.status, result.err)


def exporting(work, _):
    """Reads some, stops for some seconds, reads on: the positions are without a gap all the same."""
    r = random.Random(f"{work.seed} export")
    while work.goes_on:
        process = subprocess.Popen(work.rihla.command(work.directory, ["export", "--quiet"]), env=work.rihla.environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        text, stop = bytearray(), time.monotonic() + 40
        while piece := process.stdout.read1(1 << 16):
            text += piece
            if time.monotonic() < stop and work.goes_on: time.sleep(r.random() * 2)
        _, err = process.communicate()
        if not work.ended("export", process.returncode, err): continue
        positions = [json.loads(line)["position"] for line in text.splitlines()]
        if positions != list(range(1, len(positions) + 1)): work.fail("an export in stops has no gap", f"{len(positions)} events, the last is {positions[-1:]}")


def guarded(work, body, number):
    try:
        body(work, number)
    except Exception as error:  # A thread that ends for a reason of its own must not look like success.
        work.fail("the driver itself", f"{body.__name__} {number}: {type(error).__name__}: {error}")


def growth(work, watch):
    """The log's largest size while all are at work."""
    path = os.path.join(work.directory, "log/data.mdb")
    while work.goes_on:
        if os.path.exists(path): watch["largest"] = max(watch.get("largest", 0), os.path.getsize(path))
        time.sleep(0.5)


def run(options):
    directory = tempfile.mkdtemp(prefix="torture-", dir=options.work)
    print(f"seed {options.seed}, {options.seconds:.0f} s, in {directory}", flush=True)
    work, watch = Work(options, directory), {}
    made = madeup.Events(options.seed)
    path = os.path.join(directory, "first.ndjson")
    with open(path, "wb") as file: file.write(madeup.lines(named("f", made.take(6000))))
    first = work.rihla.must(work.directory, "ingest", path, "--format", "json", "--quiet")
    work.given.update(e["id"] for e in map(json.loads, open(path, "rb")))
    work.ledger += [(i, None) for i in work.given]
    assert json.loads(first.out)["accepted"] == 6000
    work.until = time.monotonic() + options.seconds
    threads = [threading.Thread(target=guarded, args=(work, body, n)) for body, count in
               [(appending, 4), (ingesting, 2), (asking, 4), (rebuilding, 1), (exporting, 1)] for n in range(count)]
    threads.append(threading.Thread(target=growth, args=(work, watch)))
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    after(work, watch, directory)
    checks = [
        "every exit status is right", "acknowledgements are new and in order", "an ingest knows what is new and what is known", "each answer equals that as at its position",
        "an export in stops has no gap", "positions are 1 to head", "every acknowledged event is there, once, at its position", "nothing is there that was not given",
        "`verify` is clean", "`rebuild --verify` is clean", "the log is at most 64 MiB larger than its data", "no file is left behind", "the driver itself",
    ]
    print()
    print(table(["what", "number"], [[k, str(v)] for k, v in sorted(work.counts.items())]))
    print()
    print(table(["check", "failures"], [[c, str(len(work.wrong[c]))] for c in checks]))
    for check in checks:
        for words in work.wrong[check][:5]: print(f"\n{check}: {words}")
    is_bad = any(work.wrong[c] for c in work.wrong)
    if is_bad: print(f"\nthe store is kept: {work.directory}\nscripts/torture processes --binary {options.binary} --seconds {options.seconds:g} --seed {options.seed}")
    else: shutil.rmtree(directory, ignore_errors=True)
    return 1 if is_bad else 0


def after(work, watch, directory):
    """Looks at the store when all have ended."""
    # One append and all questions: what a rebuild had not synced is synced by the next catch-up, and its mark goes.
    last = named("last", madeup.Events(f"{work.seed} last").take(60))
    result = work.rihla.run(work.directory, "append", "--quiet", feed=madeup.lines(last))
    work.ended("append", result.status, result.err)
    work.given.update(e["id"] for e in last)
    for line in result.out.splitlines(): work.ledger.append((json.loads(line)["id"], json.loads(line)["position"]))
    for question in QUESTIONS:
        result = work.rihla.run(work.directory, *question, "--format", "json", "--quiet")
        work.ended("ask", result.status, result.err, (0, 2))
    # Some once more, now that much has come behind them.
    for told in random.Random(work.seed).sample(work.told, min(len(work.told), 60)): compare(work, *told)
    dump = os.path.join(directory, "export.ndjson")
    result = work.rihla.run(work.directory, "export", "-o", dump, "--quiet", limit=300)
    if work.ended("export", result.status, result.err):
        found = [(e["id"], e["position"]) for e in map(json.loads, open(dump, "rb"))]
        if [p for _, p in found] != list(range(1, len(found) + 1)): work.fail("positions are 1 to head", f"{len(found)} events, the last is {found[-1:]}")
        where, counted = dict(found), collections.Counter(i for i, _ in found)
        for name, position in work.ledger:
            if counted[name] != 1 or position not in (None, where.get(name)):
                work.fail("every acknowledged event is there, once, at its position", f"{name} at {position}: {counted[name]} times, at {where.get(name)}")
        for name in counted.keys() - work.given: work.fail("nothing is there that was not given", name)
        work.count("events", len(found))
        work.count("acknowledged", len(work.ledger))
        fresh = os.path.join(directory, "fresh")
        result = work.rihla.run(fresh, "import", dump, "--quiet", limit=600)
        if work.ended("import", result.status, result.err):
            own, plainly = (os.path.getsize(os.path.join(d, "log/data.mdb")) for d in (work.directory, fresh))
            work.count("KiB of the log", own >> 10)
            work.count("KiB of the log, largest", max(own, watch.get("largest", 0)) >> 10)
            work.count("KiB of its data in a new store", plainly >> 10)
            if max(own, watch.get("largest", 0)) > plainly + ALLOWANCE: work.fail("the log is at most 64 MiB larger than its data", f"{own:,} bytes, {plainly:,} in a new store")
    for words, check in (["verify"], "`verify` is clean"), (["rebuild", "--verify", "--quiet"], "`rebuild --verify` is clean"):
        result = work.rihla.run(work.directory, *words, limit=300)
        if result.status != 0: work.fail(check, f"{result.words}: {(result.out + result.err).decode(errors='replace').strip()[:300]}")
    for path in store.strays(work.directory): work.fail("no file is left behind", path)
