package import ColumnStore

/// Types of one table that name the same column agree on its SQL type; lists agree on each member that they share.
package enum ColumnAgreement {
    static func conflicts(of type: DocumentType, with other: DocumentType) -> [Fault.Violation] {
        guard type.table == other.table else { return [] }
        guard type.file.onRepeat == other.file.onRepeat else {
            return [
                .init(
                    pointer: "/on_repeat", code: "column-conflict",
                    message: "the type \(other.name) of the same table says \(other.file.onRepeat.rawValue): types of one table agree on it")
            ]
        }
        return conflicts(of: type, with: other.layout.fields, owner: "the type \(other.name) of the same table")
    }

    /// - Parameter owner: who has `fields`, for the message: a type, the table itself.
    package static func conflicts(of type: DocumentType, with fields: [Field], owner: String) -> [Fault.Violation] {
        var reasons: [Fault.Violation] = []
        for field in type.layout.fields {
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
