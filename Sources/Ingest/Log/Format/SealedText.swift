import ColumnStore

/// A small text that tells whether it is as it was written: lines of a name and a value below a title, as `LogFields` has them, and the hash of all of them in the last one.
///
///     text := title "\n" ( name " " value "\n" )* "end " <sha256 of everything above, in hexadecimal> "\n"
enum SealedText {
    private static let endByteCount = "end ".utf8.count + 2 * SHA256.byteCount + 1

    /// - Parameter lines: the title and those below it, each with its line feed.
    static func bytes(_ lines: String) -> [UInt8] {
        let bytes = Array(lines.utf8)
        return bytes + end(of: bytes)
    }

    /// - Returns: nil for bytes that end with another hash than theirs, or none.
    static func fields(_ bytes: [UInt8]) -> LogFields? {
        guard bytes.count > endByteCount else { return nil }
        let lines = Array(bytes.dropLast(endByteCount))
        return Array(bytes.suffix(endByteCount)) == end(of: lines) ? LogFields(lines) : nil
    }

    private static func end(of bytes: [UInt8]) -> [UInt8] { Array("end \(Hexadecimal.text(SHA256.hash(bytes)))\n".utf8) }
}
