// Promise 21: no room on the disk is an error that says so; nothing acknowledged is lost, and the store goes on when there is
// room again. The limit on file sizes stands for the full disk; it holds for a process, so each test runs in one of its own.
import Foundation
import JourneyEvents
import JourneyLog
import TestSupport
import Testing

private func limitFiles(to bytes: UInt) {
    var limit = rlimit(rlim_cur: bytes, rlim_max: .max)
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    limit.rlim_cur = min(bytes, limit.rlim_max)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}

#if os(Linux)
    @Suite struct DiskFullTests {
        @Test func `promise 21: a full disk is an error, and appending goes on when there is room`() async {
            await #expect(processExitsWith: .success) {
                try await withScratchDirectory { path in
                    let log = try EventLog(at: path, create: true)
                    limitFiles(to: 1 << 20)
                    var acknowledged = 0
                    var failure: RihlaError?
                    while failure == nil, acknowledged < 100_000 {
                        let start = acknowledged
                        let sent = (0..<500).map { event("\(start + $0)", customer: "customer_id:\($0)") }
                        do {
                            _ = try await log.append(request(sent))
                            acknowledged += 500
                        } catch let error as RihlaError {
                            failure = error
                        }
                    }
                    #expect(failure?.code == .diskFull)
                    #expect(acknowledged > 0)
                    // The same log reads, and so does one that is opened anew.
                    #expect(try log.allEvents().count == acknowledged)
                    limitFiles(to: .max)
                    let outcomes = try await log.append(request([event("after")]))
                    #expect(outcomes == [.appended(Position(UInt64(acknowledged) + 1), version: 1)])
                    try log.close()
                    let again = try EventLog(at: path, create: false)
                    #expect(try again.verify().findings == [])
                    #expect(again.head.position == Position(UInt64(acknowledged) + 1))
                    try again.close()
                }
            }
        }

        @Test func `an index that cannot be written does not fail an append that is durable`() async {
            await #expect(processExitsWith: .success) {
                try await withScratchDirectory { path in
                    var log = try EventLog(at: path, create: true)
                    let sent = (0..<6_000).map { event("\($0)", customer: "customer_id:\($0)") }
                    _ = try await log.append(request(sent))
                    limitFiles(to: 40_000)
                    // Closing would write the index: it says that it could not, and the events are there.
                    let error = #expect(throws: RihlaError.self) { try log.close() }
                    #expect(error?.code == .diskFull)
                    limitFiles(to: .max)
                    log = try EventLog(at: path, create: false)
                    #expect(log.head.position == Position(6_000))
                    #expect(try log.verify().findings == [])
                    try log.close()
                }
            }
        }
    }
#endif
