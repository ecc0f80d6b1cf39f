// How times are written in other people's files. Patterns are those of Unicode's date formats (UTS 35), as far as files
// have them.
internal import JourneyEvents

/// One way to write a time.
enum TimeFormat: Sendable {
    case rfc3339
    case epochSeconds
    case epochMilliseconds
    case pattern(TimePattern)

    /// The text after `format:` in a mapping.
    var name: String {
        switch self {
        case .rfc3339: "rfc3339"
        case .epochSeconds: "epoch_s"
        case .epochMilliseconds: "epoch_ms"
        case .pattern(let pattern): pattern.source
        }
    }

    /// Reads a name or a pattern; nil when it is neither.
    init?(_ text: String) {
        switch text {
        case "rfc3339": self = .rfc3339
        case "epoch_s": self = .epochSeconds
        case "epoch_ms": self = .epochMilliseconds
        default:
            guard let pattern = TimePattern(text) else { return nil }
            self = .pattern(pattern)
        }
    }

    /// The instant that the text says; nil when it is not written in this way, is finer than a millisecond, or lies outside
    /// of the years 0 to 9999.
    func milliseconds(_ bytes: Span<UInt8>, _ range: Range<Int>, _ zone: inout ZoneClock) -> Int64? {
        let time: Int64?
        switch self {
        case .rfc3339: time = Timestamp.parse(bytes, from: range.lowerBound, to: range.upperBound)
        case .epochSeconds:
            // Micros as a decimal with six places: only whole milliseconds pass.
            guard let decimal = DecimalScanner.parse(bytes, range) else { return nil }
            let micros = Int128(decimal.units) * Int128(PowersOfTen[6 - Int(decimal.scale)])
            time = micros % 1_000 == 0 ? Int64(exactly: micros / 1_000) : nil
        case .epochMilliseconds:
            guard let decimal = DecimalScanner.parse(bytes, range), decimal.scale == 0 else { return nil }
            time = decimal.units
        case .pattern(let pattern):
            guard let local = pattern.read(bytes, range) else { return nil }
            time = local.offset.map { local.milliseconds - $0 } ?? zone.instant(ofLocal: local.milliseconds)
        }
        guard let time, Timestamp.writable.contains(Timestamp(rawValue: time)) else { return nil }
        return time
    }
}
