"""Runs the binary as a user would, and says in one word what came of it."""
import dataclasses
import os
import re
import signal
import subprocess

# A process that dies while it reads says so with this sentence and the status of a damaged store: it died all the same.
CRASH = b"reading the store failed: its files seem to be damaged"
# What belongs into no message: names of types, of foreign errors, of traps.
RAW = re.compile(rb"RecordDamage|Error Domain=|MDB_[A-Z]|mdb_[a-z]|Fatal error|Swift\.|NSCocoa|JourneyLog\.|fileCorrupt|\(offset:")
# What a sentence about damage names: what is wrong, and with what.
NAMES = re.compile(rb"damaged|shortened|disagree|checksum|not a Rihla store|another store|newer|format|cut off|no head record|is missing|changes what is written", re.I)
STATUSES = {4, 5, 6, 7}


@dataclasses.dataclass
class Result:
    """What a run gave; `status` is negative for a signal and None when it did not end in time."""
    status: int | None
    out: bytes
    err: bytes

    @property
    def words(self):
        if self.status is None: return "did not end"
        if self.status < 0: return f"signal {-self.status}"
        return f"status {self.status}"

    @property
    def is_signal(self):
        return self.status is not None and (self.status < 0 or CRASH in self.err or self.status in (132, 133, 134, 135, 136, 139))

    @property
    def is_named(self):
        """Whether it refused with a documented status and a sentence that names what is damaged."""
        return self.status in STATUSES and self.err.startswith((b"rihla: ", b'{"error"')) and bool(NAMES.search(self.err)) and not RAW.search(self.err)


class Rihla:
    def __init__(self, binary, limit=20):
        self.binary, self.limit = binary, limit
        self.environment = {k: v for k, v in os.environ.items() if k != "RIHLA_STORE"} | {"NO_COLOR": "1", "TZ": "UTC"}

    def command(self, store, words):
        return [self.binary, *map(str, words), "--store", store]

    def run(self, store, *words, feed=None, limit=None):
        process = subprocess.Popen(
            self.command(store, words), env=self.environment, stdin=subprocess.PIPE if feed is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(feed, timeout=limit or self.limit)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            return Result(None, out, err)
        return Result(process.returncode, out, err)

    def must(self, store, *words, feed=None, statuses=(0,), limit=300):
        """A step without which nothing can be tried."""
        result = self.run(store, *words, feed=feed, limit=limit)
        if result.status not in statuses:
            raise SystemExit(f"torture: `{' '.join(map(str, words))}` on a sound store: {result.words}: {result.err.decode(errors='replace').strip()[:400]}")
        return result
