// LMDB trusts its pages: a damaged one can end the process by a signal however carefully a file was looked at before. A
// program may have such an end say what is probably wrong.
internal import CPlatform

/// What a process says when it dies while it reads a damaged file.
package enum CrashReport {
    /// Prints a sentence and ends the process with a status when SIGSEGV, SIGBUS, SIGFPE or SIGABRT arrives. For a program to
    /// decide, not for a library.
    package static func install(status: Int32) { rihla_report_crash(status) }
}
