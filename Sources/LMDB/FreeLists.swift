// LMDB writes into the pages that its free lists name, and looks at nothing before it does: one wrong bit in a list, and the
// next commit overwrites a page in use.
internal import Platform

/// The lists of free pages of a data file.
struct FreeLists {
    private var pages: [(page: UInt64, leaf: UInt64)] = []

    /// Takes up a list, which is its length and then page numbers in descending order; says what is wrong with it.
    mutating func add(_ list: [UInt8], from leaf: UInt64) -> String? {
        guard list.count >= 8, list.count & 7 == 0, load(list, 0, UInt64.self) <= UInt64(list.count / 8 - 1) else {
            return "a list of free pages has another length"
        }
        let count = Int(load(list, 0, UInt64.self))
        pages.reserveCapacity(pages.count + count)
        var before = UInt64.max
        for index in 0..<count {
            let page = load(list, 8 + index * 8, UInt64.self)
            // LMDB looks for neighbours in it, and adds it to others, in that order.
            guard page < before else { return "a list of free pages is out of order" }
            before = page
            pages.append((page, leaf))
        }
        return nil
    }

    /// What is wrong with the pages that were taken up, and where; adds them to those in use.
    func faults(lastPage: UInt64, used: inout PageSet) -> [(leaf: UInt64, reason: String)] {
        var faults: [(UInt64, String)] = []
        for (page, leaf) in pages {
            if page < 2 || page > lastPage {
                faults.append((leaf, "the free page \(page) lies outside of the file"))
            } else if !used.insert(page) {
                faults.append((leaf, "the page \(page) is free and in use, or free twice"))
            }
        }
        return faults
    }
}

/// Page numbers: a bit for each that the file has, and those that are behind its end.
struct PageSet {
    private let filePages: UInt64
    private var bits: [UInt64]
    private var behind: Set<UInt64> = []

    init(filePages: UInt64) {
        self.filePages = filePages
        bits = Array(repeating: 0, count: Int(filePages >> 6) + 1)
    }

    /// How many lie behind the end of the file.
    var countBehind: UInt64 { UInt64(behind.count) }

    /// Adds a page; false when it is there already.
    mutating func insert(_ page: UInt64) -> Bool {
        guard page < filePages else { return behind.insert(page).inserted }
        let bit: UInt64 = 1 << (page & 63)
        guard bits[Int(page >> 6)] & bit == 0 else { return false }
        bits[Int(page >> 6)] |= bit
        return true
    }
}
