// A store that was closed lets its files go, so that a process can open any number of them one after the other.
import Foundation
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite struct LeakTests {
    private func openMaps(below path: String) throws -> Int {
        // The file says that it has no bytes: read on until there are none.
        let file = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps"))
        let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        return maps.split(separator: "\n").count { $0.contains(path) }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/maps"), "there is no /proc"))
    func `a closed store holds no map of its files`() async throws {
        try await withScratchDirectory { path in
            do {
                var options = JourneyStore.Options()
                options.create = true
                let store = try await JourneyStore.open(at: path, options: options)
                var batch = EventBatch()
                event("a").add(to: &batch)
                _ = try await store.append(batch)
                _ = try await store.answer(.stages)
                #expect(try openMaps(below: path) > 0)
                try await store.close()
            }
            #expect(try openMaps(below: path) == 0)
        }
    }
}
