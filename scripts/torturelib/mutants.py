"""What is done to a store: a flipped bit in each class of bytes of each file, or a page or file that is not what it was."""
import dataclasses
import os
import random

from .pages import Pages

TRUTH = ("log/data.mdb", "HEAD", "FORMAT")
LEAST = 20


@dataclasses.dataclass
class Mutant:
    number: int
    file: str
    kind: str
    at: int = 0
    bit: int = 0
    other: int = 0

    @property
    def words(self):
        if self.kind in ("marks", "lock") or self.bit: return f"{self.file}: {self.kind}: byte {self.at} bit {self.bit.bit_length() - 1}"
        return f"{self.file}: {self.kind}: {self.at} {self.other or ''}".rstrip()

    @property
    def is_truth(self): return self.file in TRUTH

    def apply(self, data, base):
        """The bytes of the file as the mutant has them; nil removes it."""
        if self.bit:
            changed = bytearray(data)
            changed[self.at % len(changed)] ^= self.bit
            return bytes(changed)
        size = 4096
        start, from_ = self.at * size, self.other * size
        match self.kind:
            case "page zeroed": return data[:start] + bytes(size) + data[start + size:]
            case "page doubled": return data[:start] + data[from_:from_ + size] + data[start + size:]
            case "pages swapped":
                changed = bytearray(data)
                changed[start:start + size], changed[from_:from_ + size] = data[from_:from_ + size], data[start:start + size]
                return bytes(changed)
            case "page of before":
                old = base.older.get(self.file, b"")[start:start + size]
                return data[:start] + old + data[start + len(old):]
            case "cut": return data[:self.at]
            case "of another store": return base.other.get(self.file, b"")
            case "of before": return base.older.get(self.file, b"")
            case "gone": return None
        raise ValueError(self.kind)


def environments(base): return sorted(p for p in base.sound if p.endswith("data.mdb"))


def flips(base, count, r):
    """At least 20 of each class of each file; the rest where chance has it, weighted by nothing but the classes."""
    classes, cells = {f: Pages(base.sound[f]) for f in environments(base)}, []
    for file, pages in classes.items(): cells += [(file, kind) for kind in pages.classes]
    cells += [(f, "bytes") for f in ("HEAD", "FORMAT")] + [(f.replace("data", "lock"), "lock") for f in classes] + [("views", "marks")]
    chosen = [c for c in cells for _ in range(LEAST)]
    while len(chosen) < count: chosen.append(r.choice(cells))
    # A small run takes some of all.
    chosen = r.sample(chosen, count)
    for file, kind in chosen:
        bit = 1 << r.randrange(8)
        if kind == "marks": yield Mutant(0, file, kind, r.randrange(1 << 30), bit)
        elif file in classes: yield Mutant(0, file, kind, classes[file].pick(kind, r), bit)
        else: yield Mutant(0, file, kind, r.randrange(len(base.sound.get(file, b"") or bytes(8192))), bit)


def replacements(base, count, r):
    """Pages and files that are not what they were; most of them pages that are in use."""
    found = environments(base)
    whole = [(f, k) for f in found + ["HEAD"] for k in ("of another store", "of before", "gone")] + [("FORMAT", "gone")]
    pages = {f: sorted(Pages(base.sound[f]).used) for f in found}
    for number in range(count):
        if number < len(whole):
            yield Mutant(0, *whole[number])
            continue
        file = r.choice(found)
        last = len(base.sound[file]) // 4096
        def page(): return r.choice(pages[file]) if r.random() < 0.9 else r.randrange(last)
        kind = r.choices(["page zeroed", "page doubled", "pages swapped", "page of before", "cut"], [4, 2, 2, 2, 2])[0]
        if kind == "cut": yield Mutant(0, file, kind, r.choice([r.randrange(len(base.sound[file])), r.randrange(last) * 4096]))
        else: yield Mutant(0, file, kind, min(page(), last - 1), 0, min(page(), last - 1))


def all_of(base, seed, flip_count, page_count):
    r = random.Random(f"mutants {seed}")
    made = list(flips(base, flip_count, r)) if flip_count else []
    made += list(replacements(base, page_count, r))
    for number, mutant in enumerate(made): mutant.number = number
    return made


def mark(directory, base, mutant):
    """The file beside data.mdb in a view that the mutant of a mark means, or none."""
    found = sorted(os.path.relpath(os.path.join(at, n), directory) for at, _, names in os.walk(os.path.join(directory, "views"))
                   for n in names if n not in ("data.mdb", "lock.mdb"))
    return found[mutant.at % len(found)] if found else None
