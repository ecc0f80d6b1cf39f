// A rebuild does not wait for the disk. When the machine goes down before the rows are there, the view is made anew.
import Foundation
import JourneyEvents
import JourneyLog
import Platform
import TestSupport
import Testing

@testable import JourneyProjections

@Suite struct UnsyncedViewTests {
    private func files(_ path: String) throws -> [String] {
        try FileSystem.list(path + "/views/trail@1").filter { $0.hasPrefix(ViewStore.unsyncedPrefix) }
    }

    private func withLog(_ body: (EventLog, TrailProjection, String) async throws -> Void) async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request((0..<90).map { event("\($0)", customer: "customer_id:\($0 % 9)") }))
            try await body(log, TrailProjection(), path)
            try log.close()
        }
    }

    @Test func `promise 11: a view whose rebuild a crash of the machine may have torn is made anew`() async throws {
        try await withLog { log, trail, path in
            var engine: ProjectionEngine? = try ProjectionEngine(log: log, projections: [trail])
            try await engine?.catchUp()
            let name = try #require(try files(path).first)
            let file = path + "/views/trail@1/" + name
            #expect(try FileSystem.read(file) == FileSystem.bootID())
            engine = nil
            // Pages of two moments, as the disk may have them, and the start of the machine that wrote them.
            let data = path + "/views/trail@1/data.mdb"
            var bytes = try FileSystem.read(data)
            for index in bytes.indices.dropFirst(8_192) where index % 3 == 0 { bytes[index] = 0 }
            try Data(bytes).write(to: URL(fileURLWithPath: data))
            try FileSystem.writeAtomically(Array("another start".utf8), to: file)
            let next = try ProjectionEngine(log: log, projections: [trail])
            #expect(try await next.catchUp() == ["trail"])
            #expect(try next.rows(trail) == trail.reference(log))
            #expect(try next.differences("trail").isEmpty)
            #expect(try !files(path).contains(name))
        }
    }

    @Test func `who may only read folds into memory what a crash of the machine may have torn`() async throws {
        try await withScratchDirectory { path in
            let trail = TrailProjection()
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("1"), event("2")]))
            try await ProjectionEngine(log: log, projections: [trail]).catchUp()
            let name = try #require(try files(path).first)
            try FileSystem.writeAtomically(Array("another start".utf8), to: path + "/views/trail@1/" + name)
            try log.close()
            let reader = try EventLog(at: path, create: false, readOnly: true)
            let engine = try ProjectionEngine(log: reader, projections: [trail])
            #expect(try engine.worker("trail").store.state() == nil)
            #expect(try engine.rows(trail) == trail.reference(reader))
            try reader.close()
        }
    }

    @Test func `a synced commit has what was rebuilt before it on the disk, and rebuilds leave one file`() async throws
    {
        try await withLog { log, trail, path in
            let engine = try ProjectionEngine(log: log, projections: [trail])
            for _ in 0..<3 {
                try await engine.rebuild()
                #expect(try files(path).count == 1)
            }
            _ = try await log.append(request([event("next", customer: "customer_id:3")]))
            try await engine.catchUp()
            #expect(try files(path).isEmpty)
            #expect(try engine.rows(trail) == trail.reference(log))
        }
    }

    @Test func `a rebuild that is cancelled leaves the old rows, and the next commit is synced again`() async throws {
        try await withLog { log, trail, path in
            let engine = try ProjectionEngine(log: log, projections: [trail])
            try await engine.catchUp()
            var failing = trail
            failing.hook = { key in if key > 4 { withUnsafeCurrentTask { $0?.cancel() } } }
            let other = try ProjectionEngine(log: log, projections: [failing], partBytes: 10)
            await #expect(throws: CancellationError.self) { try await Task { try await other.rebuild() }.value }
            #expect(try files(path).allSatisfy { $0.hasSuffix(".complete") })
            _ = try await log.append(request([event("next", customer: "customer_id:3")]))
            try await engine.catchUp()
            #expect(try files(path).isEmpty)
            #expect(try engine.rows(trail) == trail.reference(log))
        }
    }
}
