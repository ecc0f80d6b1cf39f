// Who may read but not write a store still reads it; who may not read it is told so. The superuser may do everything, so the
// tests run as somebody else, in a process of their own.
import Foundation
import LMDB
import Platform
import TestSupport
import Testing

/// Makes an environment with one value, readable by all and writable by none, and goes on as an ordinary user.
private func withForeignEnvironment(mode: Int, _ body: (String) throws -> Void) async throws {
    try await withDirectory { path in
        let environment = try Environment.open(at: path, options: testOptions())
        try environment.put([7], 1)
        environment.close()
        for name in ["/data.mdb", "/lock.mdb"] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path + name)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: path)
        if geteuid() == 0 { #expect(seteuid(65_534) == 0) }
        defer { if getuid() == 0 { seteuid(0) } }
        try body(path)
    }
}

@Suite struct PermissionTests {
    @Test func `an environment that may not be written is read without its lock file`() async {
        await #expect(processExitsWith: .success) {
            try await withForeignEnvironment(mode: 0o444) { path in
                var options = testOptions(create: false)
                let error = #expect(throws: LMDBError.self) { _ = try Environment.open(at: path, options: options) }
                #expect(error?.isAccess == true)
                options.readOnly = true
                let environment = try Environment.open(at: path, options: options)
                #expect(environment.isUnlocked)
                #expect(try environment.get(1) == [7])
                environment.close()
            }
        }
    }

    @Test func `an environment that may not be read is an error of access`() async {
        await #expect(processExitsWith: .success) {
            try await withForeignEnvironment(mode: 0) { path in
                var options = testOptions(create: false)
                options.readOnly = true
                let error = #expect(throws: FileError.self) { _ = try Environment.open(at: path, options: options) }
                #expect(error?.errno == EACCES)
            }
        }
    }
}
