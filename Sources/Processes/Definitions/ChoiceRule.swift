package import ColumnStore

/// A rule, and the state to go on with where it is the first that holds.
package struct ChoiceBranch: Sendable, Equatable {
    package let rule: ChoiceRule
    /// Its place in `Machine.states`.
    package let next: Int
}

/// What a Choice asks of its input.
package indirect enum ChoiceRule: Sendable, Equatable {
    case and([ChoiceRule])
    case or([ChoiceRule])
    case not(ChoiceRule)
    /// What a path finds, and what is asked of it. Where it finds nothing the state fails, but for `IsPresent`.
    case test(variable: Path, ChoiceTest)

    /// And, Or and Not within each other.
    package static let depthMax = 64
}

/// One operator: `NumericLessThan`, `StringMatches`, `IsNull` …
package enum ChoiceTest: Sendable, Equatable {
    case compare(Kind, Order, Operand)
    case matches(GlobPattern)
    /// Whether the value is of that nature; with false the opposite is asked.
    case `is`(Nature, Bool)

    package enum Kind: String, Sendable, CaseIterable { case string = "String", numeric = "Numeric", timestamp = "Timestamp", boolean = "Boolean" }

    package enum Order: String, Sendable, CaseIterable {
        case equals = "Equals", lessThan = "LessThan", greaterThan = "GreaterThan", lessThanEquals = "LessThanEquals", greaterThanEquals = "GreaterThanEquals"

        /// Of -1, 0 or 1 for a variable that is below, equal to or above the operand.
        package func holds(_ order: Int) -> Bool {
            switch self {
            case .equals: order == 0
            case .lessThan: order < 0
            case .greaterThan: order > 0
            case .lessThanEquals: order <= 0
            case .greaterThanEquals: order >= 0
            }
        }
    }

    package enum Nature: String, Sendable, CaseIterable {
        case null = "IsNull", present = "IsPresent", numeric = "IsNumeric", string = "IsString", boolean = "IsBoolean", timestamp = "IsTimestamp"
    }

    /// What is compared with: a constant, or what a path finds (`…Path`).
    package enum Operand: Sendable, Equatable {
        case value(JSONValue)
        case path(Path)
    }

    /// All operators by name; those that compare have a second form that ends in `Path`.
    package static let names: [String: (kind: Kind, order: Order)] = {
        var names: [String: (Kind, Order)] = [:]
        for kind in Kind.allCases {
            for order in Order.allCases where kind != .boolean || order == .equals { names[kind.rawValue + order.rawValue] = (kind, order) }
        }
        return names
    }()
}
