import ColumnStore
import Documents

/// Where the columns of a format of rows go among a table's.
///
/// Reckoned once for each kind and builder, so that a row costs no look at names. Names are compared by their bytes, never by Unicode's equivalence.
struct FormatPlacing {
    /// For each of the kind's columns its place among the table's, and the places of its members.
    private(set) var targets: [Int] = []
    /// Empty for a column that is no list of structures, or whose members are the table's in the same order.
    private(set) var memberTargets: [[Int]] = []
    /// The table's columns that the kind lacks.
    private(set) var absent: [Int] = []

    /// - Precondition: the kind's columns are among `fields`.
    init(_ kind: RowFormat, among fields: [Field]) {
        for field in kind.fields {
            guard let target = Self.place(of: field.name, in: fields) else { preconditionFailure("the table lacks \(field.name)") }
            targets.append(target)
            memberTargets.append(Self.memberTargets(field.type, fields[target].type))
        }
        absent = fields.indices.filter { !targets.contains($0) }
    }

    private static func place(of name: String, in fields: [Field]) -> Int? {
        fields.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// A list of a type may have fewer members than the table's, whose other types brought some.
    private static func memberTargets(_ type: ColumnType, _ target: ColumnType) -> [Int] {
        guard case .list(let element) = type, case .structure(let members) = element.type,
            case .list(let targetElement) = target, case .structure(let targets) = targetElement.type
        else { return [] }
        if members.map(\.name) == targets.map(\.name) { return [] }
        return members.map { member in
            guard let place = place(of: member.name, in: targets) else { preconditionFailure("the list lacks \(member.name)") }
            return place
        }
    }

    /// Appends a row of the kind to the table's builders.
    ///
    /// - Throws: `RowError` for bytes that are no row of `layout`.
    func append(_ values: UnsafeRawBufferPointer, _ layout: RowLayout, to builders: inout [ColumnBuilder]) throws(RowError) {
        try layout.append(values, to: &builders, targets: targets, memberTargets: memberTargets)
        // An absent list is an empty one: outside readers do not tell them apart.
        for target in absent {
            if case .list = builders[target].type { builders[target].appendList { _ in } } else { builders[target].appendNull() }
        }
    }
}
