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

    var elementCount: Int { scan.elementCount(of: range) }

    /// Where the elements of an array stand, or the values of an object's members; each is charged before it is kept.
    /// `part` makes values of them, one at a time.
    func children(_ meter: WorkMeter) throws(KernelError) -> [Range<Int>] {
        var found: [Range<Int>] = []
        func add(_ child: Range<Int>) throws(KernelError) {
            try meter.charge(Self.childByteCount)
            found.append(child)
        }
        try scan.eachElement(of: range) { (element) throws(KernelError) in try add(element) }
        try scan.eachMember(of: range) { (member) throws(KernelError) in try add(member.value) }
        return found
    }

    /// Of a place in `children`, which doubles as it grows: for `uncharge`.
    static let childByteCount = 2 * MemoryLayout<Range<Int>>.stride

    /// Where the members of an object stand, charged in the same way.
    func members(_ meter: WorkMeter) throws(KernelError) -> [JSONScan.Member] {
        var found: [JSONScan.Member] = []
        try scan.eachMember(of: range) { (member) throws(KernelError) in
            try meter.charge(2 * Self.childByteCount)
            found.append(member)
        }
        return found
    }

    /// Nil where it has none of that name, or is no object.
    func member(_ name: [UInt8]) -> JSONPathValue? { scan.member(name[...], of: range).map(part) }

    /// What stands at a place of the same document.
    func part(_ range: Range<Int>) -> JSONPathValue { JSONPathValue(scan, range, base: base) }
}

extension String {
    fileprivate var utf8Array: [UInt8] { Array(utf8) }
}
