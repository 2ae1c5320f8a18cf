internal import ColumnStore

/// Finds the place and name of a fault that the token indexer only says is somewhere in the text.
///
/// Run for texts that are refused anyway: it goes through them byte by byte, and its only purpose is a message.
enum JSONDiagnosis {
    /// The first fault of UTF-8, else of strings and what stands outside them. A text in which none of these is found has no value at all.
    ///
    /// - Parameters:
    ///   - start: where the text begins behind its byte order mark; offsets of errors count from `bytes`.
    ///   - end: behind its last byte.
    ///   - isOutOfMemory: the indexer had no room: then nothing is wrong with the text.
    ///
    /// - Complexity: O(the text's bytes).
    static func fault(in bytes: UnsafePointer<UInt8>, from start: Int, to end: Int, isOutOfMemory: Bool) -> DocumentError {
        if isOutOfMemory { return DocumentError(.tooLarge, "out of memory") }
        if let offset = UTF8Check.firstFault(in: UnsafeBufferPointer(start: bytes + start, count: end - start)) {
            let looksWide = end - start >= 2 && (bytes[start] == 0xFE && bytes[start + 1] == 0xFF || bytes[start] == 0xFF && bytes[start + 1] == 0xFE)
            return DocumentError(
                .badJSON, offset: start + offset, looksWide ? "not UTF-8 but UTF-16, it seems; JSON is UTF-8" : "not UTF-8")
        }
        var isInString = false
        var opening = start
        var index = start
        while index < end {
            let byte = bytes[index]
            if isInString {
                if byte == 0x5C {
                    index += 2
                    continue
                }
                if byte == UInt8(ascii: "\"") {
                    isInString = false
                } else if byte < 0x20 {
                    return DocumentError(.badJSON, offset: index, "a control character in a string must be escaped")
                }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
                opening = index
            } else if byte == 0x5C {
                return DocumentError(.badJSON, offset: index, "a backslash outside a string")
            }
            index += 1
        }
        if isInString { return DocumentError(.badJSON, offset: opening, "a string is not closed") }
        return DocumentError(.badJSON, offset: start, "no value in the text")
    }
}
