// With a limit on address space of 1 or 2 GiB nothing opened, and nothing said why. Limits hold for a process, so each test
// runs in one of its own.
import Foundation
import LMDB
import Platform
import TestSupport
import Testing

#if os(Linux)
    private func limit(_ resource: __rlimit_resource, to value: UInt) {
        var limit = rlimit(rlim_cur: value, rlim_max: .max)
        getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        limit.rlim_cur = min(value, limit.rlim_max)
        setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    }

    private func open(_ path: String) throws -> Environment {
        try FileSystem.makeDirectory(path)
        return try Environment.open(at: path, options: testOptions())
    }

    private let large = [UInt8](repeating: 7, count: 1 << 20)

    /// Opens ten environments under a limit, and has one outgrow the map that it began with.
    private func openMany(gibibytes: UInt) async throws {
        try await withDirectory { path in
            limit(RLIMIT_AS, to: gibibytes << 30)
            let environments = try (0..<10).map { try open(path + "/\($0)") }
            for environment in environments { try environment.put([1], 1) }
            let megabytes = UInt64(gibibytes) * 100
            for key in 2...megabytes { try environments[0].put(large, key) }
            #expect(try environments[0].get(megabytes)?.count == large.count)
            for environment in environments { #expect(try environment.get(1) == [1]) }
            for environment in environments { environment.close() }
            // Also when its file is larger than what is taken for a new one.
            let again = try open(path + "/0")
            #expect(try again.get(megabytes)?.count == large.count)
            try again.put([2], 1)
            again.close()
        }
    }

    @Suite struct AddressSpaceTests {
        @Test func `ten environments open under a limit of 1 GiB of address space, and grow`() async {
            await #expect(processExitsWith: .success) { try await openMany(gibibytes: 1) }
        }

        @Test func `ten environments open under a limit of 2 GiB of address space, and grow`() async {
            await #expect(processExitsWith: .success) { try await openMany(gibibytes: 2) }
        }

        @Test func `ten environments open under a limit of 4 GiB of address space, and grow`() async {
            await #expect(processExitsWith: .success) { try await openMany(gibibytes: 4) }
        }

        @Test func `when the limit on address space is reached, the error says so and what is there stays`() async {
            await #expect(processExitsWith: .success) {
                try await withDirectory { path in
                    limit(RLIMIT_AS, to: 1 << 30)
                    let environment = try open(path)
                    var stored: UInt64 = 0
                    let error = #expect(throws: LMDBError.self) {
                        while stored < 1_000 {
                            try environment.put(large, stored + 1)
                            stored += 1
                        }
                    }
                    #expect(error?.code == ENOMEM)
                    #expect(error?.description.contains("ulimit -v") == true)
                    #expect(stored > 100)
                    #expect(try environment.get(stored)?.count == large.count)
                    environment.close()
                }
            }
        }

        @Test func `too few descriptors are an error that says what to raise`() async {
            await #expect(processExitsWith: .success) {
                try await withDirectory { path in
                    limit(RLIMIT_NOFILE, to: 24)
                    var held: [Environment] = []
                    var text = ""
                    for index in 0..<24 {
                        do { held.append(try open(path + "/\(index)")) } catch { text = "\(error)" }
                        if !text.isEmpty { break }
                    }
                    #expect(text.contains("ulimit -n"))
                    for environment in held { environment.close() }
                }
            }
        }
    }
#endif
