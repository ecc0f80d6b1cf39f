// A store has 32 random bytes that never leave it: hashes of ids and names are keyed with them, so that nobody can make up
// ids that meet in one place, and what an erasure leaves of an id tells nothing to those who do not have them.
internal import Crypto
internal import LMDB
internal import Platform

/// The secret of a store.
struct StoreSecret: Hashable, Sendable {
    static let key = Array("secret".utf8)
    private let secret: [UInt8]

    /// A new one.
    init(_ random: (Int) -> [UInt8]) { secret = random(32) }

    /// `u32 CRC of the rest, 32 bytes`.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.appendInteger(Checksum.crc32c(secret.span))
        return out + secret
    }

    /// Reads the stored secret; nil when it is damaged.
    init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 36 else { return nil }
        secret = bytes.array(4..<36)
        guard Checksum.crc32c(secret.span) == loadLittleEndian(bytes, at: 0, as: UInt32.self) else { return nil }
    }

    private func authenticate(_ message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
    }

    /// The key of the hashes of ids and names.
    var hashKey: HashKey {
        let bytes = authenticate(Array("rihla hashes of ids and names".utf8))
        return HashKey(
            loadLittleEndian(bytes.span, at: 0, as: UInt64.self),
            loadLittleEndian(bytes.span, at: 8, as: UInt64.self)
        )
    }

    /// What a tombstone keeps of an event's (source, id): 8 bytes of HMAC-SHA-256. A byte that no text has stands between them.
    func mark(ofSource source: [UInt8], id: [UInt8]) -> UInt64 {
        loadLittleEndian(authenticate(source + [0xFF] + id).span, at: 0, as: UInt64.self)
    }
}
