import ColumnStore

/// What a path walks over: a part of a document's text, or a moment, which no document holds.
///
/// Parts share the document's text: a value is a range of it. Texts are JSONB's canonical ones, so that no text is checked again.
struct JSONPathValue {
    let scan: JSONScan
    let range: Range<Int>
    /// Which of the documents of a walk it is a part of: 0 for the one that is asked, 1 for the variables, then those that keyvalue() made.
    let base: Int
    let moment: JSONPathMoment?

    enum Kind { case null, boolean, number, string, array, object, moment }

    private init(_ scan: JSONScan, _ range: Range<Int>, base: Int, moment: JSONPathMoment? = nil) {
        (self.scan, self.range, self.base, self.moment) = (scan, range, base, moment)
    }

    /// - Parameter text: JSONB's canonical text.
    init(_ text: ArraySlice<UInt8>, base: Int = 0) {
        let scan = JSONScan(text)
        self.init(scan, scan.root, base: base)
    }

    init(_ moment: JSONPathMoment) {
        let scan = JSONScan(moment.document[...])
        self.init(scan, scan.root, base: 0, moment: moment)
    }

    /// - Parameter text: the characters, without quotes.
    static func string(_ text: [UInt8]) -> JSONPathValue {
        var document: [UInt8] = []
        JSONString.append(text, to: &document)
        return JSONPathValue(document[...])
    }

    static func number(_ number: JSONPathNumber) -> JSONPathValue { JSONPathValue(number.text[...]) }
    static func boolean(_ truth: Bool) -> JSONPathValue { JSONPathValue((truth ? "true" : "false").utf8Array[...]) }
    static var null: JSONPathValue { JSONPathValue("null".utf8Array[...]) }

    var text: ArraySlice<UInt8> { scan.text[range] }
    var byteCount: Int { range.count }

    /// A moment is shown as a string, but is none to a path.
    var kind: Kind {
        if moment != nil { return .moment }
        return switch scan.kind(of: range) {
        case .object: .object
        case .array: .array
        case .string: .string
        case .number: .number
        case .boolean: .boolean
        case .null: .null
        }
    }

    var isArray: Bool { kind == .array }
    var isContainer: Bool { kind == .array || kind == .object }

    /// As type() says it.
    var typeName: String {
        switch kind {
        case .null: "null"
        case .boolean: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        case .moment: moment?.typeName ?? ""
        }
    }

    /// A string's characters.
    var characters: [UInt8] { scan.string(range) }
    /// By its first letter: true or false.
    var isTrue: Bool { scan.text[range.lowerBound] == UInt8(ascii: "t") }

    var elements: [JSONPathValue] { scan.elements(of: range).map(part) }
    var members: [(name: [UInt8], value: JSONPathValue)] { scan.members(of: range).map { (scan.string($0.name), part($0.value)) } }
    /// Elements, or members' values.
    var children: [JSONPathValue] { isArray ? elements : scan.members(of: range).map { part($0.value) } }

    /// Nil where it has none of that name, or is no object.
    func member(_ name: [UInt8]) -> JSONPathValue? { scan.member(name[...], of: range).map(part) }

    private func part(_ range: Range<Int>) -> JSONPathValue { JSONPathValue(scan, range, base: base) }
}

extension String {
    fileprivate var utf8Array: [UInt8] { Array(utf8) }
}
