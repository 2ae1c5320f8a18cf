package import ColumnStore

/// Types of one table that name the same column agree on its SQL type; lists agree on each member that they share.
///
/// A table's columns are those of all its types, so that a name must mean one thing. Asked when a type is put, and before, for the reasons. A
/// column that only one type has is NULL in the others' rows.
package enum ColumnAgreement {
    /// - Returns: all reasons, with pointers into `type`'s file; none for types of different tables.
    static func conflicts(of type: TypeFile, with other: TypeFile) -> [Fault.Violation] {
        guard type.table == other.table else { return [] }
        guard type.tableKind === other.tableKind else {
            return [
                .init(
                    pointer: "/on_repeat", code: "column-conflict",
                    message: "the type \(other.name) of the same table says \(other.tableKind.word): types of one table agree on it")
            ]
        }
        return conflicts(of: type, with: other.fields, owner: "the type \(other.name) of the same table") + disagreements(type, other)
    }

    /// Columns that only one of two types calls sensitive.
    ///
    /// - Parameters:
    ///   - type: what is to be put.
    ///   - other: a type that is in force; of the same name the version before.
    static func disagreements(_ type: TypeFile, _ other: TypeFile) -> [Fault.Violation] {
        // A new version may say it of a column that is there already: then it is so of earlier rows, too. It is never taken back.
        let isNewVersion = type.name == other.name
        let own = Set(type.sensitivePaths), theirs = Set(other.sensitivePaths)
        if own.isEmpty, theirs.isEmpty { return [] }
        // A sensitive list makes its members sensitive.
        func isSensitive(_ path: ColumnPath, _ paths: Set<ColumnPath>) -> Bool { paths.contains(path) || paths.contains(ColumnPath(path.names[0])) }
        return leaves(type.fields).filter(Set(leaves(other.fields)).contains).compactMap { path in
            let (here, there) = (isSensitive(path, own), isSensitive(path, theirs))
            return here == there || isNewVersion && here ? nil : conflict(path, isSensitive: here, "the type \(other.name) of the same table")
        }
    }

    /// Columns that a type has without calling them sensitive, though they are in its table.
    ///
    /// - Parameter sensitive: the paths of the table's sensitive columns.
    package static func conflicts(of type: TypeFile, withSensitive sensitive: Set<ColumnPath>) -> [Fault.Violation] {
        if sensitive.isEmpty { return [] }
        let own = Set(type.sensitivePaths)
        return leaves(type.fields).compactMap { path in
            let isMeant = [path, ColumnPath(path.names[0])].contains(where: sensitive.contains)
            let isSaid = [path, ColumnPath(path.names[0])].contains(where: own.contains)
            return isMeant && !isSaid ? conflict(path, isSensitive: false, "the table \(type.table)") : nil
        }
    }

    /// Scalars, lists, and members of lists.
    ///
    /// Paths that may be called sensitive.
    private static func leaves(_ fields: [Field]) -> [ColumnPath] {
        fields.flatMap { field -> [ColumnPath] in
            guard case .list(let element) = field.type, case .structure(let members) = element.type else { return [ColumnPath(field.name)] }
            return [ColumnPath(field.name)] + members.map { ColumnPath([field.name, $0.name]) }
        }
    }

    /// Points at the member that would have to be said otherwise.
    private static func conflict(_ path: ColumnPath, isSensitive: Bool, _ owner: String) -> Fault.Violation {
        Fault.Violation(
            pointer: "/columns/" + path.names.joined(separator: "/columns/") + "/sensitive", code: "column-conflict",
            message: "\(path.names.joined(separator: ".")) is \(isSensitive ? "" : "not ")sensitive here, but \(isSensitive ? "not " : "")in \(owner)")
    }

    /// Compares by name. Members of lists that both have are compared one by one; whichever has more is no conflict.
    ///
    /// - Parameter owner: who has `fields`, for the message: a type, the table itself.
    package static func conflicts(of type: TypeFile, with fields: [Field], owner: String) -> [Fault.Violation] {
        var reasons: [Fault.Violation] = []
        for field in type.fields {
            guard let theirs = fields.first(where: { $0.name == field.name }) else { continue }
            let pointer = "/columns/\(field.name)"
            guard case .list(let element) = field.type, case .list(let theirElement) = theirs.type,
                case .structure(let members) = element.type, case .structure(let theirMembers) = theirElement.type
            else {
                if field.type.withoutIDs != theirs.type.withoutIDs {
                    reasons.append(conflict(pointer + (field.type.isNested ? "" : "/type"), field, theirs, owner))
                }
                continue
            }
            for member in members {
                guard let their = theirMembers.first(where: { $0.name == member.name }), their.type != member.type else { continue }
                reasons.append(conflict("\(pointer)/columns/\(member.name)/type", member, their, owner))
            }
        }
        return reasons
    }

    private static func conflict(_ pointer: String, _ field: Field, _ theirs: Field, _ owner: String) -> Fault.Violation {
        Fault.Violation(
            pointer: pointer, code: "column-conflict",
            message: "\(field.name) is \(ColumnTypeName.text(field.type)) here, but \(ColumnTypeName.text(theirs.type)) in \(owner)")
    }
}
