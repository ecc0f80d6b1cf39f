// Ids and digests that leave the store.
internal import Crypto
internal import JourneyEvents

enum ConversionID {
    /// Google takes ids of at most 64 characters; a longer one is its SHA-256, which has exactly so many.
    static func text(source: String, id: String) -> String {
        let text = source.isEmpty ? id : source + ":" + id
        return text.utf8.count <= 64 ? text : sha256(text)
    }

    /// SHA-256 of the text's UTF-8, in lower-case hexadecimal digits.
    static func sha256(_ text: String) -> String {
        SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
