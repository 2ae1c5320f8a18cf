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

    /// Where a part stands: its pointer is made only where something is wrong with it, since that of each member would have all names above it.
    private final class Place {
        private let parent: Place?
        private let token: String

        init(_ token: String, in parent: Place?) { (self.parent, self.token) = (parent, token) }

        var pointer: String { (parent?.pointer ?? "") + token }
    }

    /// What is wrong so far. Nobody mends more at once, and pointers may be as long as the definition each.
    private struct Found {
        static let countMax = 1_000, byteCountMax = 1 << 20
        var faults: [Fault] = []
        private var byteCount = 0

        mutating func add(_ place: Place, _ message: @autoclosure () -> String) {
            guard faults.count < Self.countMax, byteCount < Self.byteCountMax else { return }
            let fault = Fault(pointer: place.pointer, message: message())
            byteCount += fault.pointer.utf8.count + fault.message.utf8.count
            faults.append(fault)
        }
    }

    /// - Parameter faults: what is wrong is added here, a thousand or a mebibyte of it; the template is then of no use.
    /// - Complexity: recursion as deep as the value, which the parser bounds.
    package init(_ value: JSONValue, at pointer: String, faults: inout [Fault]) {
        var found = Found()
        self.init(value, Place(pointer, in: nil), &found)
        faults += found.faults
    }

    private init(_ value: JSONValue, _ place: Place, _ found: inout Found) {
        switch value {
        case .object(let members):
            var built: [Member] = []
            var isLiteral = true
            var names: Set<[UInt8]> = []
            for member in members {
                let own = Place("/" + Self.token(member.name), in: place)
                let isExpression = member.name.utf8.count > 2 && member.name.hasSuffix(".$")
                let name = isExpression ? String(member.name.dropLast(2)) : member.name
                // "a" and "a.$" would both become "a".
                if !names.insert(Array(name.utf8)).inserted { found.add(own, "\(name) is said twice, with and without .$") }
                let part = isExpression ? Self.expression(member.value, own, &found) : Template(member.value, own, &found)
                if case .literal = part {} else { isLiteral = false }
                built.append(Member(name: name, value: part))
            }
            self = isLiteral ? .literal(value) : .object(built)
        case .array(let elements):
            var parts: [Template] = []
            for (index, element) in elements.enumerated() { parts.append(Template(element, Place("/\(index)", in: place), &found)) }
            let isLiteral = parts.allSatisfy { if case .literal = $0 { true } else { false } }
            self = isLiteral ? .literal(value) : .array(parts)
        default: self = .literal(value)
        }
    }

    /// What a member whose name ends in `.$` holds: the text of a path or a call. A fault gives null in its place.
    private static func expression(_ value: JSONValue, _ place: Place, _ found: inout Found) -> Template {
        guard case .string(let text) = value else {
            found.add(place, "a member whose name ends in .$ holds a path or a call as a text, not \(value.kind)")
            return .literal(.null)
        }
        do throws(ExpressionFault) {
            return .expression(try Expression(text))
        } catch {
            found.add(place, "at byte \(error.offset): \(error.message)")
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
