// What an export says of an event beyond the event itself: where and when it was recorded.
public import JourneyEvents

/// Where and when an exported event was recorded.
public struct ExportStamp: Hashable, Sendable {
    /// Its position.
    public var position: Position
    /// Its `recorded_at`.
    public var recordedAt: Timestamp
    /// Whether it is a tombstone.
    public var isErased = false
}

/// The members of a line that may be an export's.
struct StampMembers {
    private var position: Member?
    private var recordedAt: Member?
    private var erased: Member?
    /// How many there are.
    private(set) var count = 0
    private static let names = ["position", "recorded_at", "erased"].map { Array($0.utf8) }

    /// Keeps a member with one of the names; false for any other.
    mutating func add(_ bytes: Span<UInt8>, _ line: JSONLine, _ member: Member) -> Bool {
        let index: Int
        switch member.key.count {
        case 8: index = 0
        case 11: index = 1
        case 6: index = 2
        default: return false
        }
        let name = StampMembers.names[index]
        for offset in name.indices where line.byte(bytes, Int(member.key.start) + offset) != name[offset] {
            return false
        }
        switch index {
        case 0: position = member
        case 1: recordedAt = member
        default: erased = member
        }
        count += 1
        return true
    }

    /// What the members say; nil unless they say both things as an export does.
    func stamp(_ bytes: Span<UInt8>, _ line: JSONLine) -> ExportStamp? {
        guard let position, position.kind == .number, let number = UInt64(line.text(bytes, position.value)), number > 0,
            let recordedAt, recordedAt.kind == .string, !recordedAt.isEscaped
        else { return nil }
        let inside = recordedAt.value.range.dropFirst().dropLast()
        guard let time = Timestamp.parse(bytes, from: inside.startIndex, to: inside.endIndex) else { return nil }
        return ExportStamp(
            position: Position(number),
            recordedAt: Timestamp(milliseconds: time),
            isErased: erased.map { line.text(bytes, $0.value) == "true" } ?? false
        )
    }

    /// Whether a value is one of these members'.
    func has(_ value: Slice) -> Bool {
        value == position?.value || value == recordedAt?.value || value == erased?.value
    }
}
