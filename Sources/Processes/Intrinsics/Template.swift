package import ColumnStore

/// A payload template (`Parameters`, `ResultSelector`, `ItemSelector`): a JSON value in which members whose names end in `.$` are worked out.
///
/// Read once, with its definition; parts without anything to work out are one literal, and cost a single step.
///
///     {"id.$": "$.id", "mark": 1, "key.$": "States.Format('{}-{}', $.id, $$.State.Name)"}
///     → {"id": 7, "mark": 1, "key": "7-Check"}
package indirect enum Template: Sendable, Equatable {
    case literal(JSONValue)
    case object([Member])
    case array([Template])
    case expression(Expression)

    /// `name` is without the `.$` that made its value an expression.
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: Template
    }

    /// Faults of a template, each with the pointer of its place below `pointer`.
    package struct Fault: Sendable, Equatable {
        package let pointer: String
        package let message: String
    }

    /// - Parameter faults: what is wrong is added here; the template is then of no use.
    /// - Complexity: recursion as deep as the value, which the parser bounds.
    package init(_ value: JSONValue, at pointer: String, faults: inout [Fault]) {
        switch value {
        case .object(let members):
            var built: [Member] = []
            var isLiteral = true
            var names: Set<[UInt8]> = []
            for member in members {
                let place = pointer + "/" + Self.token(member.name)
                let isExpression = member.name.utf8.count > 2 && member.name.hasSuffix(".$")
                let name = isExpression ? String(member.name.dropLast(2)) : member.name
                // "a" and "a.$" would both become "a".
                if !names.insert(Array(name.utf8)).inserted { faults.append(Fault(pointer: place, message: "\(name) is said twice, with and without .$")) }
                let part: Template
                if isExpression {
                    part = Self.expression(member.value, at: place, &faults)
                } else {
                    part = Template(member.value, at: place, faults: &faults)
                }
                if case .literal = part {} else { isLiteral = false }
                built.append(Member(name: name, value: part))
            }
            self = isLiteral ? .literal(value) : .object(built)
        case .array(let elements):
            var parts: [Template] = []
            for (index, element) in elements.enumerated() { parts.append(Template(element, at: "\(pointer)/\(index)", faults: &faults)) }
            let isLiteral = parts.allSatisfy { if case .literal = $0 { true } else { false } }
            self = isLiteral ? .literal(value) : .array(parts)
        default: self = .literal(value)
        }
    }

    /// What a member whose name ends in `.$` holds: the text of a path or a call. A fault gives null in its place.
    private static func expression(_ value: JSONValue, at pointer: String, _ faults: inout [Fault]) -> Template {
        guard case .string(let text) = value else {
            faults.append(Fault(pointer: pointer, message: "a member whose name ends in .$ holds a path or a call as a text, not \(value.kind)"))
            return .literal(.null)
        }
        do throws(ExpressionFault) {
            return .expression(try Expression(text))
        } catch {
            faults.append(Fault(pointer: pointer, message: "at byte \(error.offset): \(error.message)"))
            return .literal(.null)
        }
    }

    /// A reference token of a JSON Pointer (RFC 6901).
    /// `a/b~c` → `a~1b~0c`
    package static func token(_ name: String) -> String {
        var token = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": token += "~0"
            case "/": token += "~1"
            default: token.unicodeScalars.append(scalar)
            }
        }
        return token
    }

    /// All paths in it.
    package var paths: [Path] {
        switch self {
        case .literal: []
        case .object(let members): members.flatMap(\.value.paths)
        case .array(let parts): parts.flatMap(\.paths)
        case .expression(let expression): expression.paths
        }
    }

    /// - Throws: `.parameterPathFailure` where a path finds nothing, `.intrinsicFailure` of a call, `.dataLimitExceeded`.
    package func value(_ evaluation: inout Evaluation) throws(StateError) -> JSONValue {
        try evaluation.steps.charge()
        switch self {
        case .literal(let value): return value
        case .object(let members):
            var values: [JSONValue.Member] = []
            for member in members { values.append(.init(member.name, try member.value.value(&evaluation))) }
            return .object(values)
        case .array(let parts):
            var values: [JSONValue] = []
            for part in parts { values.append(try part.value(&evaluation)) }
            return .array(values)
        case .expression(let expression):
            do throws(StateError) {
                return try evaluation.value(of: expression)
            } catch where error.name == StateError.Name.runtime.rawValue {
                throw StateError(name: StateError.Name.parameterPathFailure.rawValue, cause: error.cause)
            }
        }
    }
}
