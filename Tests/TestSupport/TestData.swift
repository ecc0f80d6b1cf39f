// Where test data lies: what may be shipped is in Tests/Data, the rest beside the checkout, where that is present.
internal import Foundation

/// Finds test data.
public enum TestData {
    /// The top of the checkout.
    public static let root: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// A file of `Tests/Data`.
    public static func path(_ name: String) -> String { root + "/Tests/Data/" + name }
    /// The bytes of a file of `Tests/Data`.
    public static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }
    /// A JSON file of `Tests/Data`.
    public static func json(_ name: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(try bytes(name)), options: .fragmentsAllowed)
    }

    /// The directory of data that is not shipped: RIHLA_SHARED_DATA, else `../shared/data`.
    public static let shared: String =
        ProcessInfo.processInfo.environment["RIHLA_SHARED_DATA"] ?? root + "/../shared/data"
    /// Whether a file that is not shipped is there.
    public static func hasShared(_ name: String) -> Bool { FileManager.default.fileExists(atPath: shared + "/" + name) }
}
