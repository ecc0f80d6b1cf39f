// Parts of an event that are no properties are asked for like properties: numbers that no symbol has stand for them.

/// What stands for a part of an event among the symbols of property keys.
public enum RecordPart {
    /// The event's own id, as plain text.
    public static let id = UInt32.max
    /// Its causation id, as plain text.
    public static let causation = UInt32.max - 1
    /// Its account, as the digits of the account's symbol.
    public static let account = UInt32.max - 2
    /// Its correlation id, as plain text.
    public static let correlation = UInt32.max - 3

    /// Whether a key stands for a part of an event.
    static func contains(_ key: UInt32) -> Bool { key >= correlation }
}
