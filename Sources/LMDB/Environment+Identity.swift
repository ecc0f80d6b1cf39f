// Whether a path still leads to the file that is open: others may have put another in its place.
internal import Platform

extension Environment {
    /// Whether the file at a path is the one that this environment has open.
    package func isFile(at path: String) throws -> Bool {
        guard try FileSystem.isPresent(path) else { return false }
        return try FileSystem.identity(of: path) == fileIdentity
    }
}
