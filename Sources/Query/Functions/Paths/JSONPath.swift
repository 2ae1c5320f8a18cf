/// A path of SQL/JSON, as PostgreSQL 15 has them: what `jsonb_path_query`, `@?` and their kin look for in a document.
///
///     path      = ["lax" | "strict"] (value | predicate)
///     predicate = predicate ("&&" | "||") predicate | "!" "(" predicate ")" | "(" predicate ")" "is unknown" | "exists" "(" value ")"
///               | value ("==" | "<>" | "!=" | "<" | "<=" | ">" | ">=") value | value "starts with" (string | variable)
///               | value "like_regex" string ["flag" string]
///     value     = value ("+" | "-" | "*" | "/" | "%") value | ("+" | "-") value | start accessor…
///     start     = "$" | "@" | "last" | variable | number | string | "true" | "false" | "null" | "(" value ")" | "(" predicate ")"
///     accessor  = "." name | ".*" | ".**" ["{" level ["to" level] "}"] | "[*]" | "[" index ["to" index] {"," …} "]" | "?" "(" predicate ")"
///               | "." method "(" ")" | ".datetime" "(" string ")"
///
/// `JSONPathParser` reads one, `JSONPathWalk` follows it through a document, `JSONPathFunctions` has what SQL calls.
///
/// A tree of nodes: `item` is what gives values, `next` what is done with each of them. `$.a[*] ? (@.b > 1)` is root → member a → any element →
/// filter, whose condition is a tree of its own. Immutable, so that a path may be walked by several threads.
struct JSONPath: Sendable {
    /// Structural errors are none: elements stand for their array, and a single value for an array of it.
    let isLax: Bool
    let start: Node
    /// What a meter holds for its patterns.
    let byteCount: Int

    /// An item and what is done with each value that it gives.
    final class Node: Sendable {
        let item: Item
        let next: Node?
        /// Of the items within and behind it: how deep a walk goes at least.
        let height: Int

        init(_ item: Item, next: Node?) {
            (self.item, self.next) = (item, next)
            height = 1 + max(next?.height ?? 0, item.parts.map(\.height).max() ?? 0)
        }
    }

    enum Item: Sendable {
        case root, current, last, null
        case boolean(Bool)
        /// With the digits that JSONB writes.
        case number([UInt8])
        case string([UInt8])
        case variable([UInt8])
        case anyElement
        case elements([Subscript])
        case member([UInt8])
        case anyMember
        /// `.**{first to last}`; `Levels.leaf` for `last`.
        case anyDepth(first: Int, last: Int)
        case filter(Node)
        case and(Node, Node)
        case or(Node, Node)
        case not(Node)
        case isUnknown(Node)
        case exists(Node)
        case comparison(Comparison, Node, Node)
        case startsWith(Node, Node)
        case matches(Node, Pattern)
        case arithmetic(Arithmetic, Node, Node)
        case sign(isNegative: Bool, Node)
        case method(Method)
        /// datetime() by this template.
        case moment(template: [UInt8])

        /// What it is made of.
        var parts: [Node] {
            switch self {
            case .filter(let part), .not(let part), .isUnknown(let part), .exists(let part), .matches(let part, _), .sign(_, let part): [part]
            case .and(let one, let other), .or(let one, let other), .comparison(_, let one, let other), .startsWith(let one, let other),
                .arithmetic(_, let one, let other):
                [one, other]
            case .elements(let places): places.flatMap { [$0.first] + ($0.last.map { [$0] } ?? []) }
            default: []
            }
        }
    }

    /// `[first to last]`, each of them a path that gives one number.
    struct Subscript: Sendable {
        let first: Node
        /// Of a range.
        let last: Node?
    }

    enum Levels {
        /// `last`: values that hold no others.
        static let leaf = Int(UInt32.max)
    }

    /// What paths write for each comparison.
    private static let signs: [(sign: String, comparison: Comparison)] = [
        ("==", .equal), ("!=", .notEqual), ("<", .less), ("<=", .lessOrEqual), (">", .greater), (">=", .greaterOrEqual),
    ]

    static func comparison(_ sign: String) -> Comparison? { signs.first { $0.sign == sign }?.comparison }
    static func sign(_ comparison: Comparison) -> String { signs.first { $0.comparison == comparison }?.sign ?? "" }

    enum Arithmetic: String, Sendable { case add = "+", subtract = "-", multiply = "*", divide = "/", remainder = "%" }

    /// Raw values are the methods' names.
    enum Method: String, Sendable, CaseIterable { case type, size, abs, floor, ceiling, double, datetime, keyvalue }

    /// A compiled regular expression, and how it was written.
    struct Pattern: Sendable {
        let text: [UInt8]
        let flags: String
        /// Nil of a path that nobody follows.
        let metered: MeteredExpression?
    }
}
