// What a disk does to derived data, a bit at a time: every answer stays what it was, since the damaged part is made again from
// the log. `scripts/torture damage` does the same by the thousand, for the log as well.
import Foundation
import TestSupport
import Testing

@Suite struct DamageTests {
    /// What is asked of each part. A turned bit in a view is met by the question that reads that view.
    private static let questions = [
        "views": [["customers"], ["deals"], ["attribution", "--model", "linear,first"]],
        "index": [
            ["timeline", "user_id:u7"], ["attribution", "--model", "last", "--lookback", "7d"],
            ["funnel", "--steps", "ad_clicked,order_completed", "--window", "30d"],
        ],
    ]

    /// What a store with a turned bit answers otherwise than the sound one; nil when it does not.
    private func difference(_ store: StoreOnDisk, _ words: [String], _ right: String) throws -> String? {
        let result = try store.run(words + ["--format", "json", "--quiet"])
        if result.signalled || result.status != 0 { return "\(words[0]): \(result.status) \(result.err.prefix(200))" }
        return try StoreOnDisk.bare(result.out) == right ? nil : "\(words[0]): another answer with status 0"
    }

    // Rows of views and most values of the index had no checksum, and no checksum covered a key: one turned bit gave other
    // answers with status 0, ended the process by a signal, or said `RecordDamage(offset: …)`.
    @Test(arguments: ["views", "index"], 0..<4)
    func `promise 23: a turned bit in derived data changes no answer, also not after more events`(
        part: String,
        round: Int
    ) async throws {
        var random = SplitMix(seed: UInt64(round * 2 + (part == "views" ? 0 : 1)))
        let questions = try #require(DamageTests.questions[part])
        try await withScratchDirectory { path in
            let sound = StoreOnDisk(path)
            // The index takes events when they are many.
            let lines = MadeUp.lines(0..<(part == "views" ? 700 : 4_400))
            try sound.settle(lines, last: 60, questions)
            let right = try sound.answers(questions)
            let later = try sound.copy(to: path + "-copy")
            defer { try? FileManager.default.removeItem(atPath: path + "-copy") }
            let more = [MadeUp.line(4, prefix: "late-"), lines[7], lines[lines.count - 3]]
            _ = try later.append(more)
            let rightLater = try later.answers(questions)
            var found: [String] = []
            for turn in 0..<10 {
                let copy = try sound.copy(to: path + "-copy")
                let place = try copy.turnBit(below: part, using: &random)
                let index = questions.firstIndex { place.hasPrefix("views/" + $0[0]) } ?? turn % questions.count
                if let fault = try difference(copy, questions[index], right[index]) {
                    found.append("\(place), \(fault)")
                }
                let result = try copy.run(["append", "--quiet"], input: more.joined(separator: "\n") + "\n")
                let isKnown = result.out.split(separator: "\n").map { $0.contains("\"duplicate\":true") }
                if result.status != 0 || isKnown != [false, true, true] {
                    found.append("\(place), append: \(result.status) \(result.out) \(result.err)")
                }
                if let fault = try difference(copy, questions[index], rightLater[index]) {
                    found.append("\(place), after the append, \(fault)")
                }
            }
            #expect(found == [], "\(found.count) faults")
        }
    }

    // Requests of a few events looked their ids up in a run without its checksum: a turned bit in a hash, and an event that was
    // known was let in again.
    @Test func `promise 5: a turned bit in an id run lets no known event in again`()
        async throws
    {
        var random = SplitMix(seed: 8)
        try await withScratchDirectory { path in
            let sound = StoreOnDisk(path)
            let lines = MadeUp.lines(0..<4_300)
            try sound.ingest(lines)
            let file = "index/data.mdb"
            let bytes = try sound.bytes(file)
            let run = try #require(DataFilePages(bytes).values(of: "ids").max { $0.count < $1.count })
            #expect(run.count > 4_300 * 8)
            defer { try? FileManager.default.removeItem(atPath: path + "-copy") }
            for _ in 0..<3 {
                let copy = try sound.copy(to: path + "-copy")
                var changed = bytes
                let at = run.lowerBound + Int.random(in: 64..<4_000 * 8, using: &random)
                changed[at] ^= 0x40
                try copy.write(changed, to: file)
                let child = try RihlaChild(["append", "--quiet", "--store", copy.path])
                var fresh: [String] = []
                for start in stride(from: 0, to: lines.count, by: 50) {
                    let part = lines[start..<min(start + 50, lines.count)]
                    guard child.send(part.joined(separator: "\n")) else { break }
                    for line in part where child.line()?.contains("\"duplicate\":true") != true { fresh.append(line) }
                    if !fresh.isEmpty { break }
                }
                let result = child.end()
                #expect(result.status == 0, "byte \(at): \(result.err)")
                #expect(fresh == [], "byte \(at): it is known")
                #expect(try copy.ids().count == lines.count, "byte \(at)")
            }
        }
    }
}
