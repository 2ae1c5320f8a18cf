import ColumnStore

/// A scalar function as the text of a query calls it: its names, and what a call takes, gives and becomes. Its file in `Functions/` has it beside the
/// `ScalarFunction` that runs. `FunctionRegistry` lists them all: documents, completion and catalogs show what stands there.
///
/// Immutable, and made once: the binder's threads share it.
struct SQLFunction: Sendable {
    typealias Volatility = ShownFunction.Volatility

    /// Every name that it is called by, PostgreSQL's own first.
    let names: [String]
    /// One sentence in Markdown, without a full stop: what comes out.
    let summary: String
    /// Whether its value depends on the moment or the session: such a plan is not kept for others.
    let volatility: Volatility
    /// Types of arguments that a call may have, in their order: one list for each form, the shortest first. Tests call each, and documents show it.
    let forms: [[ColumnType]]
    /// Checks the arguments' number and types, and makes what the call becomes. It may be any expression, as COALESCE's is, and not a call.
    let bind: @Sendable (FunctionCall, any CallTyping) throws(QueryError) -> Expression

    init(
        _ names: String..., summary: String, forms: [[ColumnType]], volatility: Volatility = .immutable,
        bind: @escaping @Sendable (FunctionCall, any CallTyping) throws(QueryError) -> Expression
    ) {
        self.init(names: names, summary: summary, forms: forms, volatility: volatility, bind: bind)
    }

    init(
        names: [String], summary: String, forms: [[ColumnType]], volatility: Volatility = .immutable,
        bind: @escaping @Sendable (FunctionCall, any CallTyping) throws(QueryError) -> Expression
    ) {
        (self.names, self.summary, self.volatility, self.forms, self.bind) = (names, summary, volatility, forms, bind)
    }

    /// One that takes exactly these types, the last ones of which may be left out, and runs as it stands.
    init(
        _ names: String..., summary: String, takes types: [ColumnType], required: Int? = nil, gives type: ColumnType = .string, runs function: ScalarFunction
    ) {
        let least = required ?? types.count
        (self.names, self.summary, volatility, forms) = (names, summary, .immutable, (least...types.count).map { Array(types.prefix($0)) })
        bind = { (call, typing) throws(QueryError) in
            call.make(function, try call.typed(types, required: least, typing), type)
        }
    }

    var shown: [ShownFunction] { names.map { ShownFunction(name: $0, kind: .scalar, summary: summary, volatility: volatility) } }

    /// What a call of it becomes.
    ///
    /// - Throws: unsupported-sql for a function that depends on the moment where that is not allowed; else as `bind`.
    func bound(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        try typing.check(volatility, call.name, at: call.position)
        let result = try bind(call, typing)
        try Self.countRepeated(in: result, call, typing)
        return result
    }

    /// What a call may add to each of its arguments without being looked at: casts, constants, a zone.
    private static let ownNodeCount = 16
    /// Calls that are no larger need not be held against their arguments.
    private static let shortNodeCount = 64

    /// A call that mentions an argument more than once doubles with each call of its kind around it. So what any function's call has beyond its arguments is counted here, whatever
    /// its `bind` makes of them.
    private static func countRepeated(in result: Expression, _ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) {
        let count = typing.nodeCounts.count(of: result)
        guard count > shortNodeCount else { return }
        try PlanningWork.check()
        let given = call.arguments.reduce(0) { $0 + typing.nodeCounts.count(of: $1.expression) }
        let repeated = count - given - ownNodeCount * (call.arguments.count + 1)
        if repeated > 0 { try typing.countRepeated(nodes: repeated, at: call.position) }
    }
}
