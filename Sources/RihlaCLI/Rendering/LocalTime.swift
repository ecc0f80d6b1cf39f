// Instants as people of one time zone read them.
internal import Foundation
internal import JourneyEvents

struct LocalTime {
    let zone: TimeZone

    /// The zone of an IANA name; UTC for another text.
    init(_ name: String) { zone = TimeZone(identifier: name) ?? .gmt }

    private func shifted(_ rfc3339: String) -> String? {
        guard let time = Timestamp(rfc3339: rfc3339) else { return nil }
        let seconds = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.rawValue) / 1_000))
        return Timestamp(milliseconds: time.rawValue + Int64(seconds) * 1_000).rfc3339
    }

    /// `2026-03-12`; what is no instant stays as it is.
    func day(_ rfc3339: String) -> String { shifted(rfc3339).map { String($0.prefix(10)) } ?? rfc3339 }

    /// `2026-03-12 17:00`; what is no instant stays as it is.
    func minute(_ rfc3339: String) -> String {
        shifted(rfc3339).map { String($0.prefix(16)).replacing("T", with: " ") } ?? rfc3339
    }
}
