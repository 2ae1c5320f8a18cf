/// What is wrong with the form of a type file, for whoever goes on to compile the file as far as it was read: what only follows from one of these faults is not told beside it.
struct FormFaults {
    private let pointers: Set<String>
    /// But for members that are not known: what was read beside them is as it was meant.
    private let harmful: [String]
    private let harmfulPointers: Set<String>
    /// The file's members that these lead into.
    private let members: Set<String>

    init(_ reasons: [Fault.Violation]) {
        pointers = Set(reasons.map(\.pointer))
        harmful = reasons.filter { $0.code != "unknown-member" }.map(\.pointer)
        harmfulPointers = Set(harmful)
        members = Set(harmful.map(Self.member))
    }

    /// The member of the file that a pointer leads into.
    static func member(_ pointer: String) -> String { pointer.split(separator: "/").first.map { String($0) } ?? "" }

    /// Whether a column may be missing, or of another type than it is taken for: no expression is held against such columns.
    var areColumnsInDoubt: Bool { members.contains("columns") }

    /// What a sensitive value is read by depends on these: where receipts stand, what paths lead to, what they are decoded from.
    private static let membersOfPlaces: Set<String> = ["format", "namespaces", "match", "each", "decode"]

    /// Whether something else is wrong than what is told already.
    ///
    /// - Parameter reason: found by compiling.
    func isNews(_ reason: Fault.Violation) -> Bool {
        let pointer = reason.pointer
        if isWithin(pointer) { return false }
        switch reason.code {
        // Of an unknown format every path would be wrong, and of unknown namespaces each that has a prefix.
        case "invalid-path": return members.isDisjoint(with: ["format", "namespaces"])
        case SensitivePaths.code: return members.isDisjoint(with: Self.membersOfPlaces) && !harmful.contains { $0.hasSuffix("/from_root") || $0.hasSuffix("/sensitive") }
        default: break
        }
        // What lies in a file that could not be read is not there.
        if ["schema", "xsd"].contains(Self.member(pointer)), members.contains("files") { return false }
        // A default is held against the column's type, and the format of its times.
        if pointer.hasSuffix("/default") {
            let column = String(pointer.dropLast("/default".count))
            return !["/type", "/format"].contains { harmfulPointers.contains(column + $0) }
        }
        // Parts and columns that could not be read are not counted among those of which one at least is needed.
        let isOfAll = pointer == "/receipt_id" || pointer == "/issued_at" || pointer.hasSuffix("/columns")
        return !isOfAll || !harmful.contains { $0.hasPrefix(pointer + "/") }
    }

    /// Whether a fault was told there, or above.
    private func isWithin(_ pointer: String) -> Bool {
        var rest = pointer[...]
        while true {
            if pointers.contains(String(rest)) { return true }
            guard let slash = rest.lastIndex(of: "/"), slash > rest.startIndex else { return false }
            rest = rest[..<slash]
        }
    }
}
