"""Damages copies of a store one by one and asks every question: is an answer wrong, does a process die or hang, is the error one
that names what is damaged? Then one more event is appended, beside events that are known already, and all is asked again."""
import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time

from . import madeup, mutants, store
from .rihla import Rihla
from .table import table

VERDICTS = ["same", "named", "WRONG", "LOST", "SIGNAL", "HANG", "UNNAMED", "UNHEALED", "UNLOCATED"]
WORST = ["SIGNAL", "HANG", "WRONG", "LOST", "UNNAMED", "UNHEALED", "UNLOCATED", "named", "same"]


def add_options(parser):
    parser.add_argument("--flips", type=int, default=2400, help="stores with one flipped bit (default 2400; 0: none)")
    parser.add_argument("--pages", type=int, default=1200, help="stores with a page or a file that is not what it was (default 1200)")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--events", type=int, default=9000, help="events of the store (default 9000)")
    parser.add_argument("--every", type=int, default=10, metavar="N", help="ask every question of each Nth mutant, the chief ones of the others (default 10)")
    parser.add_argument("--limit", type=float, default=20, metavar="SECONDS", help="a process that takes longer hangs (default 20)")
    parser.add_argument("--file", metavar="PART", help="only mutants of files whose path has this in it")
    parser.add_argument("--kind", metavar="WORDS", help="only mutants of bytes, or with damage, whose name has this in it")
    parser.add_argument("--only", metavar="N,N", help="only these mutants, and say all that differs")
    parser.add_argument("--base", metavar="DIR", help="the sound stores of an earlier run, which it names with each bad mutant")


class Answers:
    """Answers as they can be compared: without what is of the moment of the last append, and without sizes of files."""

    def __init__(self, cut): self.cut = cut

    def plain(self, question, out):
        text = re.sub(r'"recorded_at":"([^"]+)"', lambda m: m[0] if m[1] <= self.cut else '"recorded_at":"NOW"', out.decode(errors="replace"))
        if question[0] == "stats" and text.startswith("{"):
            try: answer = json.loads(text)
            except ValueError: return text
            return json.dumps({k: v for k, v in answer.items() if k not in ("bytes",)}, sort_keys=True)
        return text


class Trial:
    """Asks a store, damaged or not."""

    def __init__(self, rihla, base, directory, asked):
        self.rihla, self.base, self.directory, self.asked = rihla, base, directory, asked
        stamps = re.findall(rb'"recorded_at":"([^"]+)"', rihla.must(directory, "export", "--quiet").out)
        self.answers = Answers(max(stamps).decode())
        self.before = self.ask_all()
        self.acknowledged = self.append()
        if self.acknowledged[0] != 0: raise SystemExit(f"torture: the append to a sound store: {self.acknowledged}")
        self.after = self.ask_all()
        rihla.must(directory, "ingest", base.more, "--quiet")
        self.late = self.ask_all()
        for q, (status, text) in [*self.before.items(), *self.after.items(), *self.late.items()]:
            if status not in (0, 2): raise SystemExit(f"torture: `{' '.join(q)}` of a sound store: {status}: {text[:300]}")

    def ask(self, directory, question):
        result = self.rihla.run(directory, *question)
        return result, (result.status, self.answers.plain(question, result.out))

    def ask_all(self): return {tuple(q): self.ask(self.directory, q)[1] for q in self.asked}

    def append(self):
        result = self.rihla.run(self.directory, "append", "--quiet", feed=self.base.append)
        return result.status, result.out.decode(errors="replace")


class Run:
    def __init__(self, trial, base, mutant, directory, questions, talk):
        self.trial, self.base, self.mutant, self.directory, self.talk = trial, base, mutant, directory, talk
        self.questions, self.seen, self.notes = questions, collections.Counter(), []
        # Whether all events were there before anything was written.
        self.was_whole = False

    def note(self, verdict, what, words):
        self.seen[verdict] += 1
        if verdict not in ("same", "named"): self.notes.append(f"{verdict} {what}: {words}")

    def judge(self, what, result, given, wanted):
        if result.status is None: verdict = "HANG"
        elif result.is_signal: verdict = "SIGNAL"
        elif given == wanted: verdict = "same"
        elif result.status in (0, 2, 3) and not result.is_named: verdict = "WRONG"
        elif not result.is_named: verdict = "UNNAMED"
        else: verdict = "named" if self.mutant.is_truth else "UNHEALED"
        if what.startswith("before: export --quiet"): self.was_whole = verdict == "same"
        if verdict == "named" and self.was_whole and what.startswith(("after: ", "late: ")): verdict = "LOST"
        words = f"{result.words} {result.err.decode(errors='replace').strip()[:160]}"
        self.note(verdict, what, words)
        if self.talk and verdict != "same":
            print(f"  {verdict:8} {what}: {words}")
            if verdict == "WRONG" and given != result.status: self.show(given[1], wanted[1])
        return verdict

    @staticmethod
    def show(given, wanted):
        at = next((i for i, (a, b) in enumerate(zip(given, wanted)) if a != b), min(len(given), len(wanted)))
        print(f"    given …{given[max(0, at - 60):at + 100]!r}\n    right …{wanted[max(0, at - 60):at + 100]!r}")

    def damaged(self):
        mutant, wanted = self.mutant, dict(self.base.sound)
        store.restore(self.directory, wanted)
        file = mutant.file
        if mutant.kind == "marks":
            # Rebuilt in its own place: a copy would not be trusted anyway.
            self.trial.rihla.must(self.directory, "rebuild", "--quiet")
            file = mutants.mark(self.directory, self.base, mutant)
            if file is None: return False
        path = os.path.join(self.directory, file)
        if not os.path.exists(path): return False
        with open(path, "rb") as stream: data = stream.read()
        data = mutant.apply(data, self.base) if data else data
        if data is None: os.remove(path)
        else:
            with open(os.open(path, os.O_WRONLY | os.O_TRUNC), "wb") as stream: stream.write(data)
        return True

    def run(self):
        if not self.damaged(): return "same"
        trial, r = self.trial, random.Random(self.mutant.number)
        self.ask("before", r, trial.before)
        result = trial.rihla.run(self.directory, "append", "--quiet", feed=self.base.append)
        self.judge("append", result, (result.status, result.out.decode(errors="replace")), trial.acknowledged)
        # A log that refuses the event has to go on as it was; nothing else may.
        is_refused = self.mutant.is_truth and result.status not in (0, 2)
        self.ask("after", r, trial.before if is_refused else trial.after)
        if not is_refused and (self.mutant.kind == "free list" or len(self.questions) == len(trial.asked)):
            # Enough to take each page that is said to be free.
            result = trial.rihla.run(self.directory, "ingest", self.base.more, "--quiet")
            self.judge("ingest", result, result.status, 0)
            is_refused = self.mutant.is_truth and result.status not in (0, 2)
            self.ask("late", r, trial.after if is_refused else trial.late)
        self.verify()
        return next(v for v in WORST if self.seen[v])

    def ask(self, when, r, wanted):
        """All questions of the mutant. The first to meet the damage may heal it, so each has its turn to be the first."""
        for q in r.sample(self.questions, len(self.questions)):
            result, given = self.trial.ask(self.directory, q)
            self.judge(f"{when}: " + " ".join(q[:3]), result, given, wanted[tuple(q)])

    def verify(self):
        """What is derived is sound by now; damage of the log that a question met is located."""
        result = self.trial.rihla.run(self.directory, "verify", "--format", "json")
        if result.status is None or result.is_signal: return self.note("HANG" if result.status is None else "SIGNAL", "verify", result.words)
        if self.mutant.is_truth:
            said = result.out + result.err
            is_located = result.status == 6 and re.search(rb'"(position|offset)":\d|position \d|byte \d|page \d|HEAD|FORMAT|empty|shortened|missing|not a Rihla store', said)
            if self.seen["named"] and not is_located: self.note("UNLOCATED", "verify", f"{result.words} {said[:160]!r}")
        elif result.status != 0:
            # What was found and healed may be said, once.
            again = self.trial.rihla.run(self.directory, "verify", "--format", "json")
            words = (again.out + again.err).decode(errors="replace")
            found = re.search(r'"findings":\[\{.{0,200}', words)
            if again.status != 0: self.note("UNHEALED", "verify, twice", f"{again.words} {found[0] if found else words.strip()[:200]}")


def run(options):
    rihla = Rihla(options.binary, options.limit)
    work = tempfile.mkdtemp(prefix="torture-", dir=options.work)
    kept = os.path.abspath(options.base) if options.base else os.path.join(tempfile.gettempdir(), f"torture-damage-{options.seed}")
    print(f"seed {options.seed}, sound stores in {kept}", flush=True)
    try:
        return work_in(options, rihla, work, kept)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def work_in(options, rihla, work, kept):
    began = time.monotonic()
    base = store.Base(rihla, kept, options.seed, options.events)
    asked = madeup.questions(base.events)
    sound = os.path.join(work, "sound")
    store.restore(sound, base.sound)
    trial = Trial(rihla, base, sound, asked)
    made = mutants.all_of(base, options.seed, options.flips, options.pages)
    chosen = [m for m in made if (options.file or "") in m.file and (options.kind or "") in m.kind]
    if options.only:
        numbers = {int(n) for n in options.only.split(",")}
        chosen = [m for m in made if m.number in numbers]
    sizes = ", ".join(f"{os.path.dirname(f)} {len(base.sound[f]) >> 10} KiB" for f in mutants.environments(base))
    print(f"{len(base.events)} events ({sizes}), {len(asked)} questions, {len(chosen)} mutants; made in {time.monotonic() - began:.0f} s", flush=True)
    local, turns, chief = threading.local(), iter(range(1 << 30)), madeup.chief(asked)

    def one(mutant):
        if not hasattr(local, "directory"): local.directory = os.path.join(work, f"turn{next(turns)}")
        questions = asked if options.only or mutant.number % options.every == 0 else chief
        turn = Run(trial, base, mutant, local.directory, questions, bool(options.only))
        if options.only: print(f"mutant {mutant.number}, {mutant.words}")
        return mutant, turn.run(), turn.notes
    began, cells, bad, last = time.monotonic(), collections.defaultdict(collections.Counter), [], 0
    with concurrent.futures.ThreadPoolExecutor(1 if options.only else options.jobs) as pool:
        for done, (mutant, verdict, notes) in enumerate(pool.map(one, chosen), 1):
            cells[part(mutant.file), mutant.kind][verdict] += 1
            if verdict not in ("same", "named"): bad.append((mutant, verdict, notes))
            if sys.stderr.isatty() or time.monotonic() - last > 30:
                last = time.monotonic()
                print(f"\r{done} of {len(chosen)}, {len(bad)} bad", end="" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)
    took = time.monotonic() - began
    print(f"\n{took:.0f} s, {took / max(len(chosen), 1):.2f} s a mutant with {options.jobs} at once\n")
    rows = [[*cell, *(str(counts[v] or "") for v in VERDICTS)] for cell, counts in sorted(cells.items())]
    total = collections.Counter()
    for counts in cells.values(): total.update(counts)
    print(table(["file", "bytes", *VERDICTS], rows + [["all", str(sum(total.values())), *(str(total[v]) for v in VERDICTS)]]))
    shown = 60
    for mutant, verdict, notes in bad[:shown]:
        print(f"\n{verdict} {mutant.number}, {mutant.words}\n  " + "\n  ".join(notes[:3]))
        print(f"  scripts/torture damage --binary {options.binary} --seed {options.seed} --flips {options.flips} --pages {options.pages} "
              f"--events {options.events} --base {kept} --only {mutant.number}")
    if len(bad) > shown: print(f"\n… and {len(bad) - shown} more: " + ",".join(str(m.number) for m, _, _ in bad[shown:]))
    if not bad and not options.base: shutil.rmtree(kept, ignore_errors=True)
    return 1 if bad else 0


def part(file):
    """A file as the table names it: a view without its version."""
    return re.sub(r"@[^/]*", "", file).removesuffix("/data.mdb")
