/// Follows the bytes of a connection as they come, and finds chunks whose framing could be read in two ways (RFC 9112, 7.1).
///
/// libmicrohttpd takes a bare LF, or a bare CR, for the end of a chunk's line and of a trailer field; who stands in front of the server may not, and
/// then the two see different requests. The library does not show these bytes to anybody: so they are looked at before it has them. Heads are
/// only followed, `HeadCheck` judges them: one that it refuses ends the connection, and nothing behind it counts.
///
///     request  := empty-line* head ( sized-body | chunk* last-chunk trailer )
///     chunk    := hex+ [";" extension] CR LF data CR LF        last-chunk := "0"+ [";" extension] CR LF
///     trailer  := (line CR LF)* CR LF
///
/// One state for each place of that grammar; a byte is looked at once, and data are passed over without being looked at. Any cut of the bytes into calls
/// of `take` gives the same result.
package struct FramingCheck {
    private enum State {
        /// Empty lines may come before a request.
        case beforeRequest
        case head
        /// So many bytes of a body with a Content-Length are still to come.
        case sized(Int)
        case chunkSize, chunkExtension, chunkLineFeed
        case chunkData(Int)
        case dataReturn, dataLineFeed
        case trailer
        /// The head will be refused, or the library finds the chunk too long: either ends the connection.
        case over
    }

    /// Of a chunk's extension, which nobody reads.
    private static let extensionByteCountMax = 4_096
    /// Zeroes in front of a chunk's size among them.
    private static let digitCountMax = 64
    private static let lf = UInt8(ascii: "\n"), cr = UInt8(ascii: "\r")

    private var state = State.beforeRequest
    /// Of the head's or trailer's present line, without its end.
    private var lineByteCount = 0
    private var followsReturn = false
    private var lengthName = FieldMatch("content-length:")
    private var encodingName = FieldMatch("transfer-encoding:")
    /// Of the head that is followed: the digits of its Content-Length, whatever stands between them. A head where anything does is refused.
    private var length = 0
    private var isChunked = false
    /// Of the chunk whose size is read.
    private var chunkByteCount = 0
    private var digitCount = 0

    package init() {}

    /// Takes the next bytes.
    ///
    /// - Returns: where the first byte is that breaks the framing; nil where none does.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            let count: Int
            switch state {
            case .over: return nil
            // Data: as much as there is of them at once.
            case .sized(let left):
                count = min(left, bytes.count - index)
                state = count == left ? .beforeRequest : .sized(left - count)
            case .chunkData(let left):
                count = min(left, bytes.count - index)
                state = count == left ? .dataReturn : .chunkData(left - count)
            case .head:
                count = 1
                head(bytes[index])
            default:
                count = 1
                guard chunk(bytes[index]) else { return index }
            }
            index += count
        }
        return nil
    }

    // MARK: Heads

    private mutating func beginLine() {
        lineByteCount = 0
        followsReturn = false
        lengthName.begin()
        encodingName.begin()
    }

    private mutating func head(_ byte: UInt8) {
        if byte == Self.lf {
            // A bare LF, and below it a CR that no LF follows: `HeadCheck` refuses such a head, and nothing behind it counts.
            guard followsReturn else { return state = .over }
            if lineByteCount == 0 { endHead() } else { beginLine() }
            return
        }
        if followsReturn { return state = .over }
        if byte == Self.cr {
            followsReturn = true
            return
        }
        lineByteCount += 1
        if lengthName.isWhole {
            // Digits stop counting at 2^56: ten times that and nine more still fit.
            // What is no number is refused with the head.
            if (0x30...0x39).contains(byte), length < 1 << 56 { length = length * 10 + Int(byte - 0x30) }
        } else if encodingName.isWhole {
            isChunked = true
        }
        lengthName.take(byte)
        encodingName.take(byte)
    }

    private mutating func endHead() {
        defer { (length, isChunked) = (0, false) }
        beginLine()
        (chunkByteCount, digitCount) = (0, 0)
        state = isChunked ? .chunkSize : length > 0 ? .sized(length) : .beforeRequest
    }

    // MARK: Chunks

    /// - Returns: whether `byte` may stand here.
    private mutating func chunk(_ byte: UInt8) -> Bool {
        switch state {
        case .beforeRequest:
            if byte == Self.cr || byte == Self.lf { return true }
            beginLine()
            state = .head
            head(byte)
        case .chunkSize: return chunkSize(byte)
        case .chunkExtension:
            lineByteCount += 1
            // Nobody reads it.
            guard lineByteCount <= Self.extensionByteCountMax else { return false }
            if byte == Self.cr { state = .chunkLineFeed } else if byte < 0x20 && byte != 0x09 || byte == 0x7F { return false }
        case .chunkLineFeed:
            guard byte == Self.lf else { return false }
            lineByteCount = 0
            state = chunkByteCount == 0 ? .trailer : .chunkData(chunkByteCount)
            (chunkByteCount, digitCount) = (0, 0)
        case .dataReturn:
            guard byte == Self.cr else { return false }
            state = .dataLineFeed
        case .dataLineFeed:
            guard byte == Self.lf else { return false }
            state = .chunkSize
        case .trailer: return trailer(byte)
        case .head, .sized, .chunkData, .over: break
        }
        return true
    }

    private mutating func chunkSize(_ byte: UInt8) -> Bool {
        switch byte {
        // More than anybody can send; and digits that say nothing have an end.
        case _ where chunkByteCount >= 1 << 56 || digitCount > Self.digitCountMax: return false
        case UInt8(ascii: "0")...UInt8(ascii: "9"): addDigit(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): addDigit(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): addDigit(byte - UInt8(ascii: "A") + 10)
        case UInt8(ascii: ";") where digitCount > 0:
            state = .chunkExtension
            lineByteCount = 0
        case Self.cr where digitCount > 0: state = .chunkLineFeed
        default: return false
        }
        return true
    }

    private mutating func addDigit(_ digit: UInt8) {
        digitCount += 1
        chunkByteCount = chunkByteCount << 4 | Int(digit)
    }

    private mutating func trailer(_ byte: UInt8) -> Bool {
        if byte == Self.lf {
            guard followsReturn else { return false }
            if lineByteCount == 0 { state = .beforeRequest }
            beginLine()
            return true
        }
        if followsReturn { return false }
        if byte == Self.cr { followsReturn = true } else { lineByteCount += 1 }
        return true
    }

    /// How far a line begins with a field's name, in any case, and its colon.
    private struct FieldMatch {
        private let name: StaticString
        /// Bytes that fit; -1 where one did not.
        private var count = 0

        init(_ name: StaticString) { self.name = name }

        var isWhole: Bool { count == name.utf8CodeUnitCount }

        mutating func begin() { count = 0 }

        mutating func take(_ byte: UInt8) {
            guard count >= 0, count < name.utf8CodeUnitCount else { return }
            // Safe: `count` is within the name by the line above.
            let letter = name.utf8Start[count]
            let isSame = byte == letter || (letter >= 0x61 && byte | 0x20 == letter)
            count = isSame ? count + 1 : -1
        }
    }
}
