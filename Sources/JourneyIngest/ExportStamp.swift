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
    private static let positionWord = KeyWord("position")
    private static let recordedAtWord = KeyWord("recorded_at")
    private static let erasedWord = KeyWord("erased")
    /// The keys of an export's own members.
    static let names = [positionWord, recordedAtWord, erasedWord]

    /// Whether there may be a stamp.
    @inline(__always)
    var hasBoth: Bool { position != nil && recordedAt != nil }

    /// Keeps a member with one of the names; false for any other.
    @inline(__always)
    mutating func add(_ member: Member, _ word: KeyWord) -> Bool {
        switch word.count {
        case 8 where word == StampMembers.positionWord: position = member
        case 11 where word == StampMembers.recordedAtWord: recordedAt = member
        case 6 where word == StampMembers.erasedWord: erased = member
        default: return false
        }
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
