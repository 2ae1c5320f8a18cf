import ColumnStore

/// JSON and JSONB as PostgreSQL 15 has them: what a text must be, and the canonical text of JSONB. In that members stand by the length of their names, then
/// by their bytes, the last of several of one name alone; numbers have their digits written out; a blank stands behind each comma and colon.
package enum JSONDocument {
    /// A number with more digits than this, written out, is refused: `1e100000` is nine bytes of text.
    private static let digitCountMax = 1_000

    /// The text of a document as a value of `type`.
    ///
    /// - Throws: `.invalidText` of a text that is none; `.numericOverflow` of numbers past all bounds.
    static func read(_ text: ArraySlice<UInt8>, as type: ColumnType, _ meter: WorkMeter?) throws(KernelError) -> [UInt8] {
        guard text.count <= TextKernels.byteCountMax else { throw .textTooLong }
        // Looked at and laid down again, once as a tree.
        try meter?.step(2 * text.count)
        let writtenOut = exponents(text)
        guard writtenOut <= TextKernels.byteCountMax else { throw .textTooLong }
        let taken = treeByteCount(text) + writtenOut
        try meter?.charge(taken)
        // The tree ends here; what is made of it, its keeper charges.
        defer { meter?.uncharge(taken) }
        let value: JSONValue
        do {
            value = try JSONParser.parse(Array(text), allowsRepeats: true)
        } catch {
            throw .invalidText(type.sqlName)
        }
        guard case .json(isBinary: true) = type else { return Array(text) }
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 8)
        try append(value, to: &result)
        return result
    }

    /// About what the tree of a text takes, and the texts that are made on the way to it and from it.
    ///
    /// A value is a box of its own and a place in its array, which doubles as it grows: `[1,1,…]` is two bytes of text for each, `[[],[],…]` three. Marks
    /// within strings are counted with the others.
    private static func treeByteCount(_ text: ArraySlice<UInt8>) -> Int {
        var markCount = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "{"): markCount += 1
            default: break
            }
        }
        return 8 * text.count + 48 * markCount
    }

    /// How many digits a text's numbers gain where their exponents are written out: `1e999` is five bytes, and then a thousand.
    private static func exponents(_ text: ArraySlice<UInt8>) -> Int {
        var sum = 0, isString = false, place = text.startIndex
        while place < text.endIndex {
            let byte = text[place]
            place += 1
            if isString {
                if byte == UInt8(ascii: "\\") { place += 1 } else if byte == UInt8(ascii: "\"") { isString = false }
            } else if byte == UInt8(ascii: "\"") {
                isString = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                if place < text.endIndex, text[place] == UInt8(ascii: "-") || text[place] == UInt8(ascii: "+") { place += 1 }
                var exponent = 0
                while place < text.endIndex, (0x30...0x39).contains(text[place]) {
                    exponent = min(digitCountMax, 10 * exponent + Int(text[place] - 0x30))
                    place += 1
                }
                sum = sum.addingSaturating(exponent)
            }
        }
        return sum
    }

    /// What reading a document takes on the way, in bytes, beside its own text: for who asks for room before it is read.
    package static func readingByteCount(_ text: ArraySlice<UInt8>) -> Int { treeByteCount(text).addingSaturating(exponents(text)) }

    /// The tree of a text that is known to be JSON. It is charged until the caller settles what its row took.
    static func tree(_ text: ArraySlice<UInt8>, _ meter: WorkMeter) throws(KernelError) -> JSONValue {
        try meter.step(text.count)
        try meter.charge(treeByteCount(text))
        do { return try JSONParser.parse(Array(text), allowsRepeats: true) } catch { throw .invalidText("JSONB") }
    }

    /// Appends the canonical text.
    static func append(_ value: JSONValue, to text: inout [UInt8]) throws(KernelError) {
        switch value {
        case .null: text += "null".utf8
        case .boolean(let truth): text += (truth ? "true" : "false").utf8
        case .number(let digits):
            if isWrittenOut(digits.utf8) { text.append(contentsOf: digits.utf8) } else { try appendNumber(Array(digits.utf8), to: &text) }
        case .string(let string):
            // PostgreSQL's text holds no such character.
            guard !string.utf8.contains(0) else { throw .outside(.untranslatable, "no text of a document holds the character 0") }
            JSONString.append(string.utf8, to: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text += ", ".utf8 }
                try append(element, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in ordered(members).enumerated() {
                if index > 0 { text += ", ".utf8 }
                try append(.string(member.name), to: &text)
                text += ": ".utf8
                try append(member.value, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    /// As JSONB keeps them; the last of one name.
    static func ordered(_ members: [JSONValue.Member]) -> [JSONValue.Member] {
        let sorted = members.enumerated().sorted { left, right in
            let names = (left.element.name.utf8, right.element.name.utf8)
            if names.0.count != names.1.count { return names.0.count < names.1.count }
            if !names.0.elementsEqual(names.1) { return names.0.lexicographicallyPrecedes(names.1) }
            return left.offset < right.offset
        }
        var result: [JSONValue.Member] = []
        result.reserveCapacity(sorted.count)
        for (_, member) in sorted {
            if let last = result.last, last.name.utf8.elementsEqual(member.name.utf8) { result.removeLast() }
            result.append(member)
        }
        return result
    }

    /// As most numbers are: there is no exponent, and no zero with a minus.
    private static func isWrittenOut(_ number: String.UTF8View) -> Bool {
        if number.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) { return false }
        return number.first != UInt8(ascii: "-") || number.contains { (0x31...0x39).contains($0) }
    }

    /// A number of JSON's grammar, its digits written out: `1.5e2` is `150`.
    static func appendNumber(_ number: [UInt8], to text: inout [UInt8]) throws(KernelError) {
        var rest = number[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        var digits: [UInt8] = [], behind = 0, isBehind = false
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: ".") {
                isBehind = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                break
            } else {
                digits.append(byte)
                if isBehind { behind += 1 }
            }
        }
        if rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        if !rest.isEmpty {
            guard let exponent = Int(String(decoding: rest, as: UTF8.self)), exponent.magnitude <= digitCountMax.magnitude else { throw .numericOverflow }
            behind -= exponent
        }
        if behind < 0 {
            digits += [UInt8](repeating: 0x30, count: -behind)
            behind = 0
        }
        if digits.count <= behind { digits = [UInt8](repeating: 0x30, count: behind + 1 - digits.count) + digits }
        var whole = digits[..<(digits.count - behind)]
        while whole.count > 1, whole.first == 0x30 { whole.removeFirst() }
        if isNegative, digits.contains(where: { $0 != 0x30 }) { text.append(UInt8(ascii: "-")) }
        text += whole
        if behind > 0 {
            text.append(UInt8(ascii: "."))
            text += digits[(digits.count - behind)...]
        }
    }
}
