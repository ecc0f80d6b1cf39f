// Signals of a program: waited for without a descriptor, so that they work where few or none are left.
internal import CPlatform

/// What a process does about signals.
package enum Signals {
    /// Calls `body` on a thread of its own for each of these signals that arrives from here on. Those that are ignored now
    /// stay ignored, as `nohup` and shells in the background ask for. For a program to decide, once and before it has
    /// other threads, not for a library.
    package static func await(_ numbers: [Int32], _ body: @escaping @convention(c) (Int32) -> Void) {
        rihla_await_signals(numbers, Int32(numbers.count), body)
    }
}
