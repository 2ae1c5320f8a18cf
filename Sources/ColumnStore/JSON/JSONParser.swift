/// RFC 8259, strictly: UTF-8 (a byte order mark may lead), no duplicate member names, no lone surrogates, nothing after the value.
///
///     value   ::= object | array | string | number | "true" | "false" | "null"
///     object  ::= "{" [ string ":" value { "," string ":" value } ] "}"
///     array   ::= "[" [ value { "," value } ] "]"
///     number  ::= [ "-" ] ( "0" | 1…9 digits ) [ "." digits ] [ ( "e" | "E" ) [ "+" | "-" ] digits ]
///     string  ::= quote { character | "\" ( quote | "\" | "/" | "b" | "f" | "n" | "r" | "t" | "u" 4 hexadecimal digits ) } quote
///
/// Blanks may stand around every token. Numbers keep their text; a pair of surrogates is one character.
package struct JSONParser {
    /// Deeper nesting is refused unless a caller says more: values are let go, compared and written by recursion.
    package static let depthMax = 128

    private let bytes: [UInt8]
    /// The innermost value counts, too: 1 lets scalars and empty containers through.
    private let depthMax: Int
    private let allowsRepeats: Bool
    /// False where the text is read for its faults alone: containers hold nothing then.
    private let keepsValues: Bool
    private let boundsMarks: Bool
    /// Of the next byte; only grows, but by the one byte that an error names.
    private var position = 0

    /// Reads a whole text.
    ///
    /// - Parameters:
    ///   - depthMax: values within values, at most.
    ///   - allowsRepeats: an object may name a member twice; all of them are in the value then.
    ///   - boundsMarks: strings with more than `CombiningMarks.runMax` marks in a row are refused. For what somebody unknown has sent and code compares as Strings: words, and no
    ///     documents.
    package static func parse(
        _ bytes: [UInt8], depthMax: Int = depthMax, allowsRepeats: Bool = false, boundsMarks: Bool = false
    ) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, depthMax: depthMax, allowsRepeats: allowsRepeats, keepsValues: true, boundsMarks: boundsMarks)
        return try parser.document()
    }

    /// Reads a whole text for its faults alone: what would be its value takes no memory. Members may be named twice.
    package static func check(_ bytes: [UInt8], depthMax: Int = depthMax) throws(JSONSyntaxError) {
        var parser = JSONParser(bytes: bytes, depthMax: depthMax, allowsRepeats: true, keepsValues: false, boundsMarks: false)
        _ = try parser.document()
    }

    /// What a text's value takes in memory, about and at most: `[1,1,1]` takes fifty times its bytes. To be asked for before anybody's text is read.
    ///
    /// Nothing is checked: while it reads a text that is wrong, `parse` takes no more than this either.
    ///
    /// - Complexity: O(the text's bytes).
    package static func valueByteCount(of text: [UInt8]) -> Int {
        // Each value but the first, and each name, stands behind one of these.
        var markCount = 1
        text.withUnsafeBufferPointer { bytes in
            var isInString = false
            var place = 0
            while place < bytes.count {
                let byte = bytes[place]
                if byte == UInt8(ascii: "\"") {
                    isInString.toggle()
                } else if isInString {
                    // It takes the byte behind it along.
                    if byte == UInt8(ascii: "\\") { place &+= 1 }
                } else if byte == UInt8(ascii: ",") || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
                    markCount &+= 1
                }
                place &+= 1
            }
        }
        return markCount.multipliedSaturating(by: markByteCount).addingSaturating(text.count.multipliedSaturating(by: 2))
    }

    /// A value's box, its place in a container that grows by doubling, and its share of what finds names again.
    private static let markByteCount = 96

    private init(bytes: [UInt8], depthMax: Int, allowsRepeats: Bool, keepsValues: Bool, boundsMarks: Bool) {
        self.bytes = bytes
        self.depthMax = depthMax
        self.allowsRepeats = allowsRepeats
        self.keepsValues = keepsValues
        self.boundsMarks = boundsMarks
    }

    /// The text is checked for UTF-8 as a whole first, so that strings can be taken byte by byte.
    private mutating func document() throws(JSONSyntaxError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        if let bad = bytes.withUnsafeBufferPointer({ UTF8Check.firstFault(in: $0) }) { throw JSONSyntaxError(offset: bad, message: "the text is not UTF-8") }
        skipBlanks()
        let value = try value()
        skipBlanks()
        if position < bytes.count { throw fault("text after the value") }
        return value
    }

    private func fault(_ message: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, message: message) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// An array or object whose end is not reached.
    private struct Open {
        var isObject: Bool
        var elements: [JSONValue] = []
        var members: [JSONValue.Member] = []
        /// Of the members so far, once they are too many to compare with each.
        var names: Set<[UInt8]> = []
        /// Of the member whose value comes.
        var name = ""
    }

    /// A value with all that it holds, without recursion: a thread's stack bounds no text.
    ///
    /// `open` are the containers around the place, outermost first. A container is read to its first element, put on the stack and taken off by `put` when
    /// its end comes.
    private mutating func value() throws(JSONSyntaxError) -> JSONValue {
        var open: [Open] = []
        while true {
            guard open.count < depthMax else { throw fault("nested deeper than \(depthMax)") }
            var finished: JSONValue?
            switch current {
            case UInt8(ascii: "{"):
                position += 1
                skipBlanks()
                if current == UInt8(ascii: "}") {
                    position += 1
                    finished = .object([])
                } else {
                    var object = Open(isObject: true)
                    try memberName(&object)
                    open.append(object)
                }
            case UInt8(ascii: "["):
                position += 1
                skipBlanks()
                if current == UInt8(ascii: "]") {
                    position += 1
                    finished = .array([])
                } else {
                    open.append(Open(isObject: false))
                }
            default: finished = try scalar()
            }
            // A value that is whole may end those around it, too.
            while let value = finished {
                guard !open.isEmpty else { return value }
                finished = try put(value, into: &open[open.count - 1])
                if finished != nil { open.removeLast() }
            }
        }
    }

    /// A value that holds no others.
    private mutating func scalar() throws(JSONSyntaxError) -> JSONValue {
        switch current {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw fault("the text ends where a value should be")
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return .number(try number())
        default: throw fault("not the start of a value")
        }
    }

    /// Adds a value and reads on to the next one's start; gives the container when this was its last.
    private mutating func put(_ value: JSONValue, into open: inout Open) throws(JSONSyntaxError) -> JSONValue? {
        if keepsValues { if open.isObject { open.members.append(.init(open.name, value)) } else { open.elements.append(value) } }
        skipBlanks()
        let end = open.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        if current == end {
            position += 1
            return open.isObject ? .object(open.members) : .array(open.elements)
        }
        guard current == UInt8(ascii: ",") else { throw fault("a comma or \(Character(Unicode.Scalar(end))) is missing") }
        position += 1
        skipBlanks()
        if open.isObject { try memberName(&open) }
        return nil
    }

    /// A name, its colon and the blanks behind it, up to the value.
    ///
    /// - Throws: for a name that the object has already, by its bytes, unless `allowsRepeats`.
    private mutating func memberName(_ open: inout Open) throws(JSONSyntaxError) {
        guard current == UInt8(ascii: "\"") else { throw fault("a member name is missing") }
        open.name = try string()
        // Few names are compared faster than hashed.
        let isKnown: Bool
        if allowsRepeats {
            isKnown = false
        } else if open.members.count < 8 {
            isKnown = open.members.contains { $0.name.hasBytes(of: open.name) }
        } else {
            // From the ninth member on: the first eight are hashed then, at once.
            if open.names.isEmpty { open.names = Set(open.members.map { Array($0.name.utf8) }) }
            isKnown = !open.names.insert(Array(open.name.utf8)).inserted
        }
        guard !isKnown else { throw fault("the member \"\(open.name)\" occurs twice") }
        skipBlanks()
        guard current == UInt8(ascii: ":") else { throw fault("a colon is missing") }
        position += 1
        skipBlanks()
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("not the start of a value") }
        position += word.utf8.count
        return value
    }

    /// The number's text; its value is for who uses it to make.
    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        // A 0 in front stands alone: what follows it is "text after the value", or a missing comma.
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let end = position
        return bytes.withUnsafeBufferPointer { String(decoding: UnsafeBufferPointer(rebasing: $0[start..<end]), as: UTF8.self) }
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        if position == start { throw fault("a digit is missing") }
    }

    /// - Precondition: the quote is next.
    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        var text: [UInt8] = []
        while true {
            let start = position
            skipPlain()
            text.append(contentsOf: bytes[start..<position])
            guard let byte = current else { throw fault("the text ends inside a string") }
            guard byte >= 0x20 else { throw fault("a control character in a string") }
            position += 1
            if byte == UInt8(ascii: "\"") {
                let string = String(decoding: text, as: UTF8.self)
                if boundsMarks, CombiningMarks.hasLongRun(string) { throw fault("more than \(CombiningMarks.runMax) combining marks in a row") }
                return string
            }
            try escape(into: &text)
        }
    }

    /// To the next byte that does not stand for itself in a string: a quote, a backslash, a control character.
    private mutating func skipPlain() {
        let start = position
        position = bytes.withUnsafeBufferPointer { bytes in
            let count = bytes.count
            var place = start
            while place < count {
                let byte = bytes[place]
                if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
                place &+= 1
            }
            return place
        }
    }

    /// What stands behind a backslash.
    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = current else { throw fault("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            // Past U+FFFF a character is two units of UTF-16: "\ud83d\ude00" is U+1F600.
            var code = try hexadecimal()
            if SurrogatePair.isHigh(code) {
                guard current == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
                else { throw fault("a lone surrogate") }
                position += 2
                let low = try hexadecimal()
                guard SurrogatePair.isLow(low) else { throw fault("a lone surrogate") }
                code = SurrogatePair.codePoint(code, low)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("a lone surrogate") }
            text.append(contentsOf: Character(scalar).utf8)
        default: position -= 1; throw fault("an unknown escape")
        }
    }

    /// Four digits of either case.
    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw fault("four hexadecimal digits are missing") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
