internal import Glibc

/// What a JSON text will take to be read, seen in one pass that keeps nothing: for texts that are long.
///
/// Nothing is checked but brackets and quotes, and those only as far as counting needs it: a text that is wrong is refused by who reads it.
struct JSONOutline {
    /// At least so many tokens as the indexer finds.
    private(set) var tokenCount = 0
    /// The elements of the array that the text is; 0 for any other text.
    private(set) var elementCount = 0
    /// Where it nests deeper than a text may.
    private(set) var tooDeepOffset: Int?

    /// Shorter texts cost less to read than to look at twice.
    static let byteCountMin = 256 << 10

    /// - Complexity: O(the text's bytes), or up to where it nests too deep.
    init(_ text: UnsafeRawBufferPointer) {
        guard let base = text.baseAddress else { return }
        let bytes = base.assumingMemoryBound(to: UInt8.self)
        let count = text.count
        var index = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var depth = 0
        var isArray = false
        var isInScalar = false
        while index < count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""):
                if depth == 1, isArray, elementCount == 0 { elementCount = 1 }
                tokenCount &+= 1
                isInScalar = false
                index = Self.end(ofString: bytes, from: index &+ 1, count)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                if depth == 0, tokenCount == 0 { isArray = byte == UInt8(ascii: "[") }
                if depth == 1, isArray, elementCount == 0 { elementCount = 1 }
                depth &+= 1
                tokenCount &+= 1
                isInScalar = false
                if depth > JSONReader.depthMax {
                    tooDeepOffset = index
                    return
                }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth &-= 1
                tokenCount &+= 1
                isInScalar = false
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                // n commas stand between n + 1 elements.
                if depth == 1, isArray, byte == UInt8(ascii: ",") { elementCount = max(elementCount, 1) &+ 1 }
                tokenCount &+= 1
                isInScalar = false
            default:
                if JSONGrammar.isBlank(byte) {
                    isInScalar = false
                } else if !isInScalar {
                    if depth == 1, isArray, elementCount == 0 { elementCount = 1 }
                    tokenCount &+= 1
                    isInScalar = true
                }
            }
            index &+= 1
        }
    }

    /// The place of the quote that ends a string, or the text's end.
    private static func end(ofString bytes: UnsafePointer<UInt8>, from start: Int, _ count: Int) -> Int {
        var index = start
        // A backslash takes the byte behind it along, whatever it is.
        while index < count, bytes[index] != UInt8(ascii: "\"") { index &+= bytes[index] == 0x5C ? 2 : 1 }
        return min(index, count)
    }

    /// Of the tape, the tokens' places and the names, as `JSONReader` takes them.
    /// What is charged for before a long text is read.
    var readingByteCount: Int {
        tokenCount * MemoryLayout<UInt32>.stride + (tokenCount / 2 + 2 + JSONReader.depthMax) * MemoryLayout<JSONNode>.stride
            + (tokenCount / 3 + 2) * MemoryLayout<UInt64>.stride
    }
}
