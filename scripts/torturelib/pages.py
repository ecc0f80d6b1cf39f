"""What each byte of an LMDB 0.9 data file is for, read from the file without LMDB, so that damage can be aimed."""
import collections
import struct

NONE = (1 << 64) - 1


def u16(b, at): return struct.unpack_from("<H", b, at)[0]
def u32(b, at): return struct.unpack_from("<I", b, at)[0]
def u64(b, at): return struct.unpack_from("<Q", b, at)[0]


class Pages:
    """`classes[name][table]` is a list of (start, end); `used` are the pages that the newest meta page reaches."""

    def __init__(self, data):
        self.data, self.size = data, u32(data, 40)
        self.classes = collections.defaultdict(lambda: collections.defaultdict(list))
        newest = max(0, self.size, key=lambda at: u64(data, at + 144))
        self.last, self.used = u64(data, newest + 136), {0, 1}
        for at in (0, self.size): self.add("meta pages", "", at, at + 152)
        self.tree(u64(data, newest + 80), "free list", is_free=True)
        self.tree(u64(data, newest + 128), "main")
        for page in range(2, len(data) // self.size):
            if page not in self.used: self.add("free pages", "", page * self.size, (page + 1) * self.size)

    def add(self, kind, table, start, end):
        if end > start: self.classes[kind][table].append((start, end))

    def tree(self, root, table, is_free=False):
        pending = [root]
        while pending:
            page = pending.pop()
            if page == NONE: continue
            self.used.add(page)
            at = page * self.size
            flags, lower, upper = u16(self.data, at + 10), u16(self.data, at + 12), u16(self.data, at + 14)
            is_branch = bool(flags & 1)
            def add(kind, start, end): self.add("free list" if is_free else "branch pages" if is_branch else kind, table, start, end)
            add("leaf headers", at, at + 16)
            add("slot arrays", at + 16, at + lower)
            self.add("gaps", table, at + lower, at + upper)
            for slot in range(at + 16, at + lower, 2):
                node = at + u16(self.data, slot)
                size, node_flags, key = u32(self.data, node), u16(self.data, node + 4), u16(self.data, node + 6)
                add("node headers", node, node + 8)
                add("keys", node + 8, node + 8 + key)
                value = node + 8 + key
                if is_branch:
                    pending.append(size | node_flags << 32)
                elif node_flags & 1:
                    add("overflow references", value, value + 8)
                    self.overflow(u64(self.data, value), size, table, is_free)
                elif node_flags & 2:
                    add("table records", value, value + size)
                    self.tree(u64(self.data, value + 40), self.data[node + 8:value].decode(errors="replace"))
                else:
                    add("values", value, value + size)

    def overflow(self, page, size, table, is_free):
        count = (size + 16 + self.size - 1) // self.size
        self.used.update(range(page, page + count))
        start = page * self.size
        self.add("free list" if is_free else "overflow heads", table, start, start + 16)
        self.add("free list" if is_free else "overflow bodies", table, start + 16, start + 16 + size)
        self.add("gaps", table, start + 16 + size, start + count * self.size)

    def pick(self, kind, random):
        """A byte of a class; each table is as likely as another, however small it is."""
        ranges = self.classes[kind][random.choice(sorted(self.classes[kind]))]
        at = random.randrange(sum(end - start for start, end in ranges))
        for start, end in ranges:
            if at < end - start: return start + at
            at -= end - start
