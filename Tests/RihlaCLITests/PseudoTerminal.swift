// A terminal that no person looks at.
import Foundation
import TestSupport

enum PseudoTerminal {
    struct Failure: Error { var call: String }

    /// Runs the binary with standard output and error on a terminal, and gives what came there, bytes as they were written.
    static func run(_ arguments: [String], input: Data = Data(), directory: String? = nil) throws -> [UInt8] {
        let (master, slave) = try open()
        defer { close(master) }
        // Raw: the line discipline would add carriage returns.
        var settings = termios()
        tcgetattr(slave, &settings)
        cfmakeraw(&settings)
        tcsetattr(slave, TCSANOW, &settings)
        let process = Process()
        process.executableURL = URL(filePath: RihlaBinary.path)
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(filePath: directory) }
        var variables = ProcessInfo.processInfo.environment
        variables["RIHLA_STORE"] = nil
        variables["TERM"] = "xterm"
        variables["COLUMNS"] = "400"
        process.environment = variables
        let stdin = Pipe()
        process.standardInput = stdin
        process.standardOutput = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        process.standardError = FileHandle(fileDescriptor: slave, closeOnDealloc: false)
        try process.run()
        close(slave)
        try stdin.fileHandleForWriting.write(contentsOf: input)
        try stdin.fileHandleForWriting.close()
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(master, &buffer, buffer.count)
            // At the end Linux says EIO.
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        process.waitUntilExit()
        return bytes
    }

    /// The two ends of a new terminal.
    private static func open() throws -> (master: Int32, slave: Int32) {
        #if canImport(Darwin)
            let master = posix_openpt(O_RDWR | O_NOCTTY)
            guard master >= 0, grantpt(master) == 0, unlockpt(master) == 0, let name = ptsname(master) else {
                throw Failure(call: "posix_openpt")
            }
            let path = String(cString: name)
        #else
            // Swift does not see the calls of POSIX here; these are what they do.
            let master = Foundation.open("/dev/ptmx", O_RDWR | O_NOCTTY)
            var (unlocked, number) = (Int32(0), UInt32(0))
            guard master >= 0, ioctl(master, 0x4004_5431, &unlocked) == 0, ioctl(master, 0x8004_5430, &number) == 0
            else {
                throw Failure(call: "/dev/ptmx")
            }
            let path = "/dev/pts/\(number)"
        #endif
        let slave = Foundation.open(path, O_RDWR | O_NOCTTY)
        guard slave >= 0 else { throw Failure(call: path) }
        return (master, slave)
    }
}
