// What the path transforms leave, by example and by law.
import JourneyViews
import TestSupport
import Testing

@Suite struct `Path transforms` {
    private func remaining(_ path: String, _ transforms: PathTransform<Character>...) -> String {
        let touches = Array(path)
        return String(PathTransform.remaining(of: touches, after: transforms).map { touches[$0] })
    }

    @Test func `leave what they are documented to leave`() {
        #expect(remaining("DABBCDCC") == "DABBCDCC")
        #expect(remaining("DABBCDCC", .unchanged) == "DABBCDCC")
        #expect(remaining("DABBCDCC", .exposure) == "DABCDC")
        #expect(remaining("DABBCDCC", .first) == "DABC")
        #expect(remaining("DABBCDCC", .removeIfNotAll("D")) == "ABBCCC")
        #expect(remaining("ABAA", .removeIfLastAndNotAll("A")) == "AB")
        #expect(remaining("ABAB", .removeIfLastAndNotAll("A")) == "ABAB")
    }

    @Test func `leave a path of one key alone`() {
        #expect(remaining("AAA", .removeIfNotAll("A")) == "AAA")
        #expect(remaining("AAA", .removeIfLastAndNotAll("A")) == "AAA")
        #expect(remaining("", .removeIfNotAll("A"), .exposure, .first, .removeIfLastAndNotAll("A")) == "")
    }

    @Test func `apply in the order in which they are listed`() {
        #expect(remaining("ADA", .removeIfNotAll("D"), .exposure) == "A")
        #expect(remaining("ADA", .exposure, .removeIfNotAll("D")) == "AA")
    }

    @Test func `keep the places of touches, of repeats the first`() {
        #expect(PathTransform.remaining(of: Array("DABBCDCC"), after: [.exposure]) == [0, 1, 2, 4, 5, 6])
        #expect(PathTransform.remaining(of: Array("DAABD"), after: [.removeIfNotAll("D"), .exposure]) == [1, 3])
    }

    @Test func `never empty a path, keep the order, and do nothing twice`() {
        var generator = SplitMix.fresh()
        let all: [PathTransform<Int>] = [
            .unchanged, .exposure, .first, .removeIfNotAll(0), .removeIfLastAndNotAll(1),
        ]
        for _ in 0..<200 {
            let path = (0..<Int.random(in: 1...10, using: &generator)).map { _ in
                Int.random(in: 0..<3, using: &generator)
            }
            for transform in all {
                let places = PathTransform.remaining(of: path, after: [transform])
                #expect(!places.isEmpty && places == places.sorted(), "seed \(generator.seed)")
                #expect(Set(places).count == places.count, "seed \(generator.seed)")
                let twice = PathTransform.remaining(of: path, after: [transform, transform])
                #expect(twice == places, "seed \(generator.seed)")
            }
        }
    }

    @Test(
        arguments: [
            ("none", .unchanged), ("exposure", .exposure), ("first", .first),
            ("remove_if_not_all(direct)", .removeIfNotAll("direct")),
            ("remove_if_last_and_not_all(a (b))", .removeIfLastAndNotAll("a (b)")), ("remove_if_not_all", nil),
            ("remove_if_not_all()", nil), ("unique", nil), ("first(a)", nil), ("", nil),
        ] as [(String, PathTransform<String>?)]
    )
    func `are read as they are written`(text: String, transform: PathTransform<String>?) {
        #expect(PathTransform(text) == transform)
    }
}
