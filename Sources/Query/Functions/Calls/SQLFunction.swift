import ColumnStore

/// A scalar function as the text of a query calls it: its names, and what a call takes, gives and becomes. Its file in `Functions/` has it beside the
/// `ScalarFunction` that runs; `FunctionRegistry` lists them all.
struct SQLFunction: Sendable {
    enum Volatility {
        /// The same for the same arguments, in every statement.
        case immutable
        /// The same through one statement.
        case stable
        /// Another one each time.
        case volatile
    }

    /// Every name that it is called by, PostgreSQL's own first.
    let names: [String]
    let volatility: Volatility
    /// Types of arguments that a call may have, in their order: one list for each form, the shortest first. Tests call each, and documents show it.
    let forms: [[ColumnType]]
    let bind: @Sendable (FunctionCall, any CallTyping) throws(QueryError) -> Expression

    init(
        _ names: String..., forms: [[ColumnType]], volatility: Volatility = .immutable,
        bind: @escaping @Sendable (FunctionCall, any CallTyping) throws(QueryError) -> Expression
    ) {
        self.init(names: names, forms: forms, volatility: volatility, bind: bind)
    }

    init(
        names: [String], forms: [[ColumnType]], volatility: Volatility = .immutable,
        bind: @escaping @Sendable (FunctionCall, any CallTyping) throws(QueryError) -> Expression
    ) {
        (self.names, self.volatility, self.forms, self.bind) = (names, volatility, forms, bind)
    }

    /// One that takes exactly these types, the last ones of which may be left out, and runs as it stands.
    init(_ names: String..., takes types: [ColumnType], required: Int? = nil, gives type: ColumnType = .string, runs function: ScalarFunction) {
        let least = required ?? types.count
        (self.names, volatility, forms) = (names, .immutable, (least...types.count).map { Array(types.prefix($0)) })
        bind = { (call, typing) throws(QueryError) in
            call.make(function, try call.typed(types, required: least, typing), type)
        }
    }

    /// What a call of it becomes.
    func bound(_ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        try typing.check(volatility, call.name, at: call.position)
        return try bind(call, typing)
    }
}
