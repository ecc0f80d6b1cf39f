// Copies bytes out of a span at once, where a loop over its elements would copy them one by one.

extension Array where Element == UInt8 {
    /// Appends the bytes of a span.
    package mutating func append(copying bytes: borrowing Span<UInt8>) {
        bytes.withUnsafeBufferPointer { append(contentsOf: $0) }
    }
}
