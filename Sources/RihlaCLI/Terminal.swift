// What is known of the terminal: its width, and whether colour is wanted.
internal import Foundation

enum Terminal {
    /// Columns of the terminal behind standard output; nil when it is no terminal.
    static var width: Int? {
        guard Output.standard.isTerminal else { return nil }
        if let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 {
            return columns
        }
        var size = winsize()
        // The kernel fills the struct; there is no safe form of ioctl.
        guard unsafe ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// NO_COLOR and --no-color switch colour off, CLICOLOR_FORCE on, else the terminal decides.
    static func usesColor(noColor: Bool) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        if noColor || !(environment["NO_COLOR"] ?? "").isEmpty { return false }
        if let force = environment["CLICOLOR_FORCE"], !force.isEmpty, force != "0" { return true }
        return Output.standard.isTerminal && environment["TERM"] != "dumb"
    }
}
