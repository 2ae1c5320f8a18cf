import ColumnStore

/// Walks over a text that is known to be JSON, and finds parts of it without making a tree: what a path names is a piece of the same bytes.
struct JSONScan {
    let text: [UInt8]
    /// Whether the document is JSONB.
    let isBinary: Bool

    enum Kind { case object, array, string, number, boolean, null }

    init(_ text: ArraySlice<UInt8>, isBinary: Bool = true) { (self.text, self.isBinary) = (Array(text), isBinary) }

    /// The whole value, without blanks around it.
    var root: Range<Int> { value(at: 0) }

    func kind(of value: Range<Int>) -> Kind {
        switch value.isEmpty ? 0 : text[value.lowerBound] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    private func skipBlanks(_ place: Int) -> Int {
        var place = place
        while place < text.count, text[place] == 0x20 || (0x09...0x0D).contains(text[place]) { place += 1 }
        return place
    }

    /// The value that begins at `place` or behind blanks there.
    func value(at place: Int) -> Range<Int> {
        let start = skipBlanks(place)
        var end = start, depth = 0
        while end < text.count {
            switch text[end] {
            case UInt8(ascii: "\""):
                end = endOfString(end)
                if depth == 0 { return start..<end }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return start..<(end + 1) }
                // The end of what this value stands in.
                if depth < 0 { return start..<end }
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 { return start..<end }
            default: break
            }
            end += 1
        }
        return start..<end
    }

    /// Behind the string that begins at `start`.
    private func endOfString(_ start: Int) -> Int {
        var place = start + 1
        while place < text.count, text[place] != UInt8(ascii: "\"") { place += text[place] == UInt8(ascii: "\\") ? 2 : 1 }
        return min(place + 1, text.count)
    }

    /// How many elements an array has; 0 of anything else.
    func elementCount(of array: Range<Int>) -> Int {
        var count = 0
        eachElement(of: array) { _ in count += 1 }
        return count
    }

    /// The elements of an array, one after the other: there may be as many as the document has bytes, so that no list of them is made. None of
    /// anything else.
    func eachElement<Failure: Error>(of array: Range<Int>, _ visit: (Range<Int>) throws(Failure) -> Void) throws(Failure) {
        guard kind(of: array) == .array else { return }
        var place = skipBlanks(array.lowerBound + 1)
        while place < array.upperBound, text[place] != UInt8(ascii: "]") {
            let element = value(at: place)
            try visit(element)
            place = skipBlanks(element.upperBound)
            if place < array.upperBound, text[place] == UInt8(ascii: ",") { place = skipBlanks(place + 1) }
        }
    }

    struct Member {
        var name: Range<Int>
        var value: Range<Int>
    }

    /// The members of an object in the order of its text, one after the other; none of anything else.
    func eachMember<Failure: Error>(of object: Range<Int>, _ visit: (Member) throws(Failure) -> Void) throws(Failure) {
        guard kind(of: object) == .object else { return }
        var place = skipBlanks(object.lowerBound + 1)
        while place < object.upperBound, text[place] == UInt8(ascii: "\"") {
            let name = place..<endOfString(place)
            let member = value(at: skipBlanks(name.upperBound) + 1)
            try visit(Member(name: name, value: member))
            place = skipBlanks(member.upperBound)
            if place < object.upperBound, text[place] == UInt8(ascii: ",") { place = skipBlanks(place + 1) }
        }
    }

    /// The last member of that name.
    func member(_ name: ArraySlice<UInt8>, of object: Range<Int>) -> Range<Int>? {
        var found: Range<Int>?
        eachMember(of: object) { member in if holds(member.name, name) { found = member.value } }
        return found
    }

    /// From 0; from the end where negative.
    func element(_ index: Int64, of array: Range<Int>) -> Range<Int>? {
        let wanted = index < 0 ? Int64(elementCount(of: array)).addingReportingOverflow(index).partialValue : index
        guard wanted >= 0 else { return nil }
        var place: Int64 = 0
        var found: Range<Int>?
        eachElement(of: array) { element in
            if place == wanted { found = element }
            place += 1
        }
        return found
    }

    /// Whether the string at `range` is `wanted`.
    func holds(_ range: Range<Int>, _ wanted: ArraySlice<UInt8>) -> Bool {
        let inner = text[range].dropFirst().dropLast()
        return inner.contains(UInt8(ascii: "\\")) ? string(range).elementsEqual(wanted) : inner.elementsEqual(wanted)
    }

    /// What a string says, its escapes resolved.
    func string(_ range: Range<Int>) -> [UInt8] {
        let inner = text[range].dropFirst().dropLast()
        guard inner.contains(UInt8(ascii: "\\")) else { return Array(inner) }
        var result: [UInt8] = []
        JSONString.appendUnescaped(inner, to: &result)
        return result
    }

    /// What `->>` shows of a value: a string without its marks, NULL of null.
    func shown(_ value: Range<Int>) -> [UInt8]? {
        switch kind(of: value) {
        case .null: nil
        case .string: string(value)
        default: Array(text[value])
        }
    }
}
