internal import ColumnStore

/// The members of one object of a definition. What nobody asked for by the end is refused by name.
///
/// One object, one reader, one thread. Each getter gives nil where the member is not there, and also, with a fault in its place, where it is of another type or
/// out of its range. `finish` is called once, after all that may stand there was asked for.
final class ObjectReader {
    /// Where the object stands, as a JSON Pointer (RFC 6901).
    let pointer: String
    let faults: FaultList
    private let members: [JSONValue.Member]
    /// Names that somebody has asked for, whether or not they are there.
    private var asked: Set<String> = []

    /// nil, with a fault, where the value is no object.
    init?(_ value: JSONValue, at pointer: String, _ faults: FaultList) {
        guard let members = value.members else {
            faults.add(.wrongType, pointer, "an object is wanted here, not \(value.kind)")
            return nil
        }
        (self.pointer, self.members, self.faults) = (pointer, members, faults)
    }

    /// The pointer of a member.
    func place(_ name: String) -> String { pointer + "/" + Template.token(name) }

    var names: [String] { members.map(\.name) }
    /// Does not count as asking.
    func has(_ name: String) -> Bool { members.contains { $0.name == name } }

    func value(_ name: String) -> JSONValue? {
        asked.insert(name)
        return members.first { $0.name == name }?.value
    }

    func add(_ code: DefinitionFault.Code, _ name: String, _ message: String) { faults.add(code, place(name), message) }

    /// The value, or a fault that it is missing, in its own place.
    func required(_ name: String) -> JSONValue? {
        let value = value(name)
        if value == nil { add(.missingMember, name, "\(name) is missing") }
        return value
    }

    func text(_ name: String, isRequired: Bool = false) -> String? {
        guard let value = isRequired ? required(name) : value(name) else { return nil }
        guard case .string(let text) = value else {
            add(.wrongType, name, "\(name) is a text, not \(value.kind)")
            return nil
        }
        return text
    }

    func boolean(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .boolean(let flag) = value else {
            add(.wrongType, name, "\(name) is true or false, not \(value.kind)")
            return nil
        }
        return flag
    }

    /// An integer by its value: `1.0` and `1e2` are some.
    func integer(_ name: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(name) else { return nil }
        guard case .number(let digits) = value, let number = ExactNumber(digits).integer, range.contains(number) else {
            add(.badValue, name, "\(name) is an integer from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// A number of a plain size.
    func number(_ name: String, _ range: ClosedRange<Double>) -> Double? {
        guard let value = value(name) else { return nil }
        guard case .number(let digits) = value, let number = Double(digits), range.contains(number) else {
            add(.badValue, name, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    func array(_ name: String, isRequired: Bool = false) -> [JSONValue]? {
        guard let value = isRequired ? required(name) : value(name) else { return nil }
        guard case .array(let elements) = value else {
            add(.wrongType, name, "\(name) is a list, not \(value.kind)")
            return nil
        }
        return elements
    }

    func object(_ name: String, isRequired: Bool = false) -> ObjectReader? {
        guard let value = isRequired ? required(name) : value(name) else { return nil }
        return ObjectReader(value, at: place(name), faults)
    }

    /// A path. Callers for whom null means something else than an absent member ask `isNull` first.
    func path(_ name: String, mustBeDefinite: Bool = false) -> Path? {
        guard let text = text(name) else { return nil }
        do throws(ExpressionFault) {
            let path = try Path(text)
            faults.note([path])
            if mustBeDefinite, !path.isDefinite {
                add(.badExpression, name, "\(name) names one value; \(text) gives a list")
                return nil
            }
            return path
        } catch {
            add(.badExpression, name, "at byte \(error.offset): \(error.message)")
            return nil
        }
    }

    func isNull(_ name: String) -> Bool { value(name) == .null }

    /// `InputPath` and its like: null stands for an empty object.
    func dataPath(_ name: String) -> DataPath {
        if isNull(name) { return .nothing }
        return path(name).map(DataPath.path) ?? .path(.whole)
    }

    /// An object whose members that end in `.$` are compiled.
    func template(_ name: String) -> Template? {
        guard let value = value(name) else { return nil }
        guard case .object = value else {
            add(.wrongType, name, "\(name) is an object, not \(value.kind)")
            return nil
        }
        var found: [Template.Fault] = []
        let template = Template(value, at: place(name), faults: &found)
        for fault in found { faults.add(.badExpression, fault.pointer, fault.message) }
        // Worked out where the item is at hand, before its iteration begins.
        if name != "ItemSelector" { faults.note(template.paths) }
        return template
    }

    /// A path, or a call of an intrinsic function.
    func expression(_ name: String) -> Expression? {
        guard let text = text(name) else { return nil }
        do throws(ExpressionFault) {
            let expression = try Expression(text)
            faults.note(expression.paths)
            return expression
        } catch {
            add(.badExpression, name, "at byte \(error.offset): \(error.message)")
            return nil
        }
    }

    /// At most one of two members.
    func refuseBoth(_ one: String, _ other: String) {
        if has(one), has(other) { add(.badValue, other, "\(one) and \(other) exclude each other") }
    }

    /// Refuses members that nobody asked for.
    func finish(_ what: String) {
        for member in members where !asked.contains(member.name) {
            let code: DefinitionFault.Code = Self.otherLanguage.contains(member.name) ? .notSupported : .unknownMember
            add(code, member.name, "\(what) has no \(member.name)")
        }
    }

    /// Members of the language that belong to JSONata, or to its own service.
    private static let otherLanguage: Set = ["Assign", "Output", "Arguments", "Items", "Condition", "Credentials", "ResultWriter"]
}

/// What a state takes in or lets out.
package enum DataPath: Sendable, Equatable {
    /// Of null: an empty object.
    case nothing
    case path(Path)
}
