/// A scalar expression as written.
///
/// Names in it are not looked up, and no type is known. `Parser.node` makes it over nodes that are made already.
package struct ExpressionSyntax: Sendable {
    package let kind: Kind
    /// Where an error about this node points: a name's start, an operator's sign.
    package let position: Int
    /// Height of the tree under this node; bounded by `SyntaxLimits.expressionHeightMax`.
    package let height: Int
    /// Nodes of what the tree means, operands that are asked several times as often; bounded by `SyntaxLimits.expressionNodeCountMax`.
    package var weight = 1

    package var isRow: Bool { if case .row = kind { true } else { false } }
    /// A number or string as written, which ORDER BY would take for a column's place.
    package var isConstant: Bool {
        switch kind {
        case .number, .string: true
        default: false
        }
    }
    /// `x::t` or `t 'x'`, whose type its text does not say.
    package var isCast: Bool {
        switch kind {
        case .cast, .typedString: true
        default: false
        }
    }
    /// Of `(a, b)` and `ROW(a, b)`.
    package var rowFields: [ExpressionSyntax] { if case .row(let fields) = kind { fields } else { [] } }

    package indirect enum Kind: Sendable {
        /// `a`, `t.a`, `t.a.b`.
        case name([NameSyntax])
        /// `*` or `t.*`.
        case star([NameSyntax])
        /// `(row).*`
        case members(ExpressionSyntax)
        case null
        case boolean(Bool)
        /// Digits as written.
        case number(String)
        /// An untyped string constant: it takes the type that its surroundings want.
        case string(String)
        /// `DATE '2026-11-20'`.
        case typedString(TypeNameSyntax, String)
        /// INTERVAL '1' with what stands behind it, as `day to second(2)`; nil for nothing.
        case interval(String, fields: String?)
        /// 1-based.
        case parameter(Int)
        case unary(UnaryOperator, ExpressionSyntax)
        case binary(BinaryOperator, ExpressionSyntax, ExpressionSyntax)
        /// Two operands or more: `a AND b AND c` is one node.
        case and([ExpressionSyntax])
        case or([ExpressionSyntax])
        case not(ExpressionSyntax)
        case isTest(ExpressionSyntax, TruthTest, isNegated: Bool)
        case isDistinct(ExpressionSyntax, ExpressionSyntax, isNegated: Bool)
        case between(ExpressionSyntax, low: ExpressionSyntax, high: ExpressionSyntax, isSymmetric: Bool, isNegated: Bool)
        /// At least one item.
        case inList(ExpressionSyntax, [ExpressionSyntax], isNegated: Bool)
        case inQuery(ExpressionSyntax, QuerySyntax, isNegated: Bool)
        /// `x op ANY (query)`, `x op ALL (array)`.
        case quantified(ExpressionSyntax, BinaryOperator, isAll: Bool, QuantifiedSet)
        case like(ExpressionSyntax, pattern: ExpressionSyntax, escape: ExpressionSyntax?, ignoresCase: Bool, isNegated: Bool)
        case exists(QuerySyntax)
        /// A query in parentheses where a value stands.
        case scalarQuery(QuerySyntax)
        /// `ARRAY(SELECT …)`.
        case arrayQuery(QuerySyntax)
        /// With an operand branches are compared with it, without one they are conditions. Nil for ELSE: NULL.
        case caseWhen(operand: ExpressionSyntax?, branches: [CaseBranch], otherwise: ExpressionSyntax?)
        case cast(ExpressionSyntax, TypeNameSyntax)
        case function(FunctionSyntax)
        case atTimeZone(ExpressionSyntax, zone: ExpressionSyntax)
        /// `(a, b)` of two items or more, or `ROW(…)` of any number.
        case row([ExpressionSyntax])
        /// `ARRAY[…]`; of lists where the brackets are nested.
        case array([ExpressionSyntax])
        case element(ExpressionSyntax, index: ExpressionSyntax)
        /// `list[a:b]`, `list[a:b][c:d]`: a range of each dimension, at least one.
        case slice(ExpressionSyntax, [SliceRange])
        /// `x COLLATE "uk-x-icu"`.
        case collated(ExpressionSyntax, NameSyntax)
        /// `(expression).field`.
        case field(ExpressionSyntax, NameSyntax)
    }

    package struct CaseBranch: Sendable {
        package let condition: ExpressionSyntax
        package let result: ExpressionSyntax
    }

    /// `a:b`; nil for a side that is left open.
    package struct SliceRange: Sendable {
        package let from: ExpressionSyntax?
        package let to: ExpressionSyntax?
    }

    /// What ANY and ALL are asked of: the rows of a query, or the elements of a list.
    package indirect enum QuantifiedSet: Sendable {
        case query(QuerySyntax)
        case array(ExpressionSyntax)
    }

    /// What IS asks; raw values are the words of SQL.
    package enum TruthTest: String, Sendable { case null = "NULL", isTrue = "TRUE", isFalse = "FALSE", unknown = "UNKNOWN" }

    package enum UnaryOperator: String, Sendable { case plus = "+", minus = "-", bitNot = "~", magnitude = "@", squareRoot = "|/", cubeRoot = "||/"

        /// Whether what comes out has the type of what goes in.
        package var keepsType: Bool { self != .squareRoot && self != .cubeRoot }
    }

    /// Operators with two operands; raw values are their signs, of several that mean the same the one that is printed.
    package enum BinaryOperator: String, Sendable {
        case add = "+", subtract = "-", multiply = "*", divide = "/", remainder = "%", power = "^", concatenate = "||"
        case equal = "=", notEqual = "<>", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
        case startsWith = "^@"
        case matches = "~", matchesIgnoringCase = "~*", matchesNot = "!~", matchesNotIgnoringCase = "!~*"
        // Of documents and lists.
        case member = "->", memberText = "->>", path = "#>", pathText = "#>>", contains = "@>", isContained = "<@", hasKey = "?", hasAnyKey = "?|"
        case hasAllKeys = "?&", withoutPath = "#-", overlaps = "&&", pathIsThere = "@?", pathHolds = "@@"
        // Of bits.
        case bitAnd = "&", bitOr = "|", bitXor = "#", shiftLeft = "<<", shiftRight = ">>"

        /// The comparison with its sides changed.
        package var mirrored: BinaryOperator {
            switch self {
            case .less: .greater
            case .lessOrEqual: .greaterOrEqual
            case .greater: .less
            case .greaterOrEqual: .lessOrEqual
            default: self
            }
        }

        /// Regular expressions: their right side is a pattern and no value to compare with.
        var isPatternTest: Bool {
            switch self {
            case .matches, .matchesIgnoringCase, .matchesNot, .matchesNotIgnoringCase: true
            default: false
            }
        }

        package var isComparison: Bool {
            switch self {
            case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: true
            default: false
            }
        }
    }
}

/// A call, with all that may follow it.
package struct FunctionSyntax: Sendable {
    /// What ROWS FROM is a call of: no function has a blank in its name.
    static let rowsFrom = "rows from"
    /// What records are read of, once it is an object, or an array of them.
    static let recordOf = "record of"
    static let recordsOf = "records of"

    package var name: NameSyntax
    package var arguments: [ExpressionSyntax] = []
    /// `count(*)`: no arguments at all.
    package var isStar = false
    package var isDistinct = false
    /// The last argument's elements are arguments.
    package var isVariadic = false
    /// ORDER BY within the brackets.
    package var orderBy: [OrderItemSyntax] = []
    /// WITHIN GROUP (ORDER BY …) behind them.
    package var withinGroup: [OrderItemSyntax] = []
    package var filter: ExpressionSyntax?
    package var over: OverSyntax?
    /// What a column of it is called, where it was written in another word.
    var columnName: String?

    package init(name: NameSyntax, arguments: [ExpressionSyntax] = []) { (self.name, self.arguments) = (name, arguments) }
}

/// OVER: a window of the WINDOW clause by its name, or one that stands here.
package indirect enum OverSyntax: Sendable {
    case named(NameSyntax)
    case window(WindowSyntax)
}

/// A type's name with its modifiers: `numeric(18, 4)`, `varchar[]`.
package struct TypeNameSyntax: Sendable, Equatable {
    /// Lower case, several words joined with one blank: `timestamp with time zone`.
    package let name: String
    /// In brackets: length, precision, scale. The binder says which of them a type may have.
    package let modifiers: [Int]
    /// However many brackets follow: PostgreSQL does not tell dimensions apart either.
    package let isArray: Bool
    package let position: Int
    /// What a column is called that is cast to it in another word than CAST: `xmlparse`.
    var columnName: String?

    /// The type of `b'0101'`: BIT of as many bits as there are digits. No text names it.
    static let bitDigits = "bit digits"

    package init(name: String, modifiers: [Int], isArray: Bool, position: Int) { (self.name, self.modifiers, self.isArray, self.position) = (name, modifiers, isArray, position) }
}
