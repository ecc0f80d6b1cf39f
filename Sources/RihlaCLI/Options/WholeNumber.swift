// Options that count something.
internal import ArgumentParser

enum WholeNumber {
    /// A number of rows, from 0 on.
    static func read(_ text: String) throws -> Int {
        guard let number = Int(text), number >= 0 else { throw ValidationError("it is no whole number from 0 on") }
        return number
    }
}
