/// A text that is read from its start to its end, a byte at a time.
///
/// Paths, filters and intrinsic calls are read by it. `position` is at most the text's length, and every fault bears it.
struct Scanner {
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var byteCount: Int { bytes.count }
    var isAtEnd: Bool { position >= bytes.count }
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// That something is wrong at this place.
    func fault(_ message: String) -> ExpressionFault { ExpressionFault(offset: position, message) }
    /// What was read since a place.
    func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    /// One byte further, unless at the end.
    mutating func advance() { position = min(position + 1, bytes.count) }

    mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    /// Goes behind `word` where that is next.
    mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        let isHere = word.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + count]) }
        if isHere { position += count }
        return isHere
    }

    /// - Throws: where `word` is not next.
    mutating func expect(_ word: StaticString) throws(ExpressionFault) {
        guard take(word) else { throw fault("\(word) is missing") }
    }

    /// What stands before the next sign or blank.
    mutating func name() -> [UInt8] {
        let start = position
        while let byte = current {
            switch byte {
            case 0...0x20, UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","),
                UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"),
                UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "~"):
                return Array(bytes[start..<position])
            default: position += 1
            }
        }
        return Array(bytes[start..<position])
    }

    /// Of the Latin alphabet.
    mutating func letters() -> String {
        let start = position
        while let byte = current, byte | 0x20 >= 0x61, byte | 0x20 <= 0x7A { position += 1 }
        return text(from: start)
    }

    /// A text in either quotes; a backslash takes the character after it as it is.
    ///
    /// - Throws: where no quote is next, and where the text ends before the second one.
    mutating func quoted() throws(ExpressionFault) -> [UInt8] {
        guard let quote = current, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { throw fault("a name in quotes is missing") }
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            if byte == quote { return text }
            if byte == UInt8(ascii: "\\") {
                guard let next = current else { break }
                position += 1
                text.append(next)
            } else {
                text.append(byte)
            }
        }
        throw fault("the text ends inside quotes")
    }

    /// nil where no number begins.
    ///
    /// - Throws: for a minus alone, and past 64 bits.
    mutating func integer() throws(ExpressionFault) -> Int? {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        while let byte = current, byte &- 0x30 < 10 { position += 1 }
        if position == start { return nil }
        guard let value = Int(text(from: start)) else { throw fault("not an index: \(text(from: start))") }
        return value
    }

    /// A number in JSON's grammar; nil where none begins.
    ///
    /// - Throws: for a number that is begun and is none: zeros in front, a mark or an exponent without digits.
    mutating func number() throws(ExpressionFault) -> String? {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        guard let first = current, first &- 0x30 < 10 else {
            position = start
            return nil
        }
        let whole = position
        digits()
        if first == 0x30, position > whole + 1 { throw fault("a number with zeros before it") }
        if current == UInt8(ascii: ".") {
            position += 1
            guard digits() else { throw fault("a digit is missing") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard digits() else { throw fault("a digit is missing") }
        }
        return text(from: start)
    }

    /// - Returns: whether there was one.
    @discardableResult
    private mutating func digits() -> Bool {
        let start = position
        while let byte = current, byte &- 0x30 < 10 { position += 1 }
        return position > start
    }
}
