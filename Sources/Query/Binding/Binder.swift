import ColumnStore

/// What a query means: a plan whose columns are the answer's.
package struct BoundQuery: Sendable {
    package var plan: LogicalPlan
    /// The answer's columns, in order, with their names as shown (names may repeat).
    package var columns: [OutputColumn]
    /// It means the same whenever, and in whichever zone, it is asked.
    package var isFixed = false
    /// Of each column what PostgreSQL calls its type, where the type here does not tell.
    package var declared: [String?] = []
    /// Of each column which relation's it is, where it is nothing but that.
    package var origins: [ColumnOrigin?] = []
    /// Rollups that it reads as tables.
    var sumsRead: [SumsRead] = []
}

/// A statement that reads; SHOW and DESCRIBE are queries of constants.
package enum BoundStatement: Sendable {
    case query(BoundQuery)
    case explain(BoundQuery, ExplainForm)
}

/// Turns a syntax tree into a plan: looks up names, settles types and makes every cast explicit.
///
/// Extensions hold the parts: `Binder+Query`, `Binder+Select`, `Binder+From`, and `Expressions…` for scalar expressions.
///
/// One for each statement, on one thread; nothing of it is kept but the plan that it gives.
///
/// Invariants:
/// 1. ids of columns, tables and shared tables are given here alone, and none twice (`newColumn`, `newTable`, `newShared`);
/// 2. an expression that is given out has its final type, and casts wherever types differ;
/// 3. a plan with subqueries is whole: what they mention of outer queries stands in their `correlation`.
package final class Binder {
    /// Catalog, zone, moment and parameters of the session.
    let context: QueryContext
    /// Of the statement that is planned, if it is counted.
    let work = PlanningWork.current
    private var columnCount = 0
    private var tableCount = 0
    private var sharedCount = 0
    /// Of constants that are computed while the statement is bound.
    let constantSteps = StepAllowance()
    /// Nodes of the plan so far, those of common tables counted at each mention: every pass walks them all.
    private(set) var nodeCount = 0
    /// False where a value must not depend on when it is computed.
    var allowsNow = true
    /// Views being expanded, outermost first.
    var openViews: [String] = []
    /// Of a view's text, or an expression's that a type or a subscription keeps: it was taken once, and means what it meant.
    var isOfKeptText: Bool { !openViews.isEmpty || !allowsNow }
    /// Whether only a view's columns are wanted: then binding reads nothing of the store's contents.
    var asksForColumns = false
    /// Tables and views that the outermost of `openViews` names.
    var reads: Set<String> = []
    /// Where and under which name a column was last mentioned: for messages about it.
    var mentions: [ColumnID: (name: String, position: Int)] = [:]
    /// Columns that are true of each row of a side, and NULL where a join leaves the side out.
    var presenceIDs: Set<ColumnID> = []
    /// Columns of 32-bit floats, as their tables tell.
    var singlePrecisionIDs: Set<ColumnID> = []
    /// Output columns that are string constants without a type of their own: a set operation may still give them one.
    var untypedColumns: Set<ColumnID> = []
    /// What PostgreSQL calls the types of columns, where the types here do not tell: as their tables and casts say.
    var declaredTypes: [ColumnID: String] = [:]
    /// Which column of which relation columns are: of a view's, its own.
    var origins: [ColumnID: ColumnOrigin] = [:]
    /// Rollups that were named as tables.
    var sumsRead: [SumsRead] = []

    /// Subqueries of grouped SELECTs, for comparing expressions with the keys.
    var twins = SubqueryTwins()

    /// What COLLATE said of columns where they were selected.
    var collations: [ColumnID: String] = [:]

    /// A plan past this size comes from a generated or hostile query; passes are not linear in it.
    private static let nodeCountMax = 4_096

    /// Arguments of the dialect's functions that are being expanded, innermost last, and where their calls stand.
    var expansions: [Expansion] = []
    /// What operands have become larger by being mentioned more than once.
    var repeatedNodeCount = 0
    /// Of what its calls are made of.
    let nodeCounts = NodeCounts()

    struct Expansion {
        let arguments: [TypedExpression]
        let frame: BindingFrame
        /// Those that the function's text has named so far.
        var named: Set<Int> = []
        /// Binds an argument anew, by its place: a subquery stands in a plan once.
        let again: ((Int) throws(QueryError) -> TypedExpression)?
    }
    /// Functions that give rows in the SELECT at hand, those within others before them. Nil where there can be none.
    var rowSources: [RowSource]?
    /// Made once: calls are recognised as calls of one function by this instance.
    private(set) lazy var xpath: (selection: ScalarFunction, existence: ScalarFunction)? = context.catalog.xpath.map { (.xpath($0), .xpathExists($0)) }
    /// Casts of texts to registries, which are made once each for the same reason.
    var registryCasts: [String: ScalarFunction] = [:]
    /// Sides that outer joins may leave out have a column that tells of each row that it is there.
    private(set) var tellsPresence = false
    /// A whole row is wanted of such a side, which does not tell.
    var wantsPresence = false
    /// Something in the query depends on the moment, the session's zone or what tables there are.
    var dependsOnSession = false

    package init(context: QueryContext) { self.context = context }

    /// - Throws: `QueryError` bad-sql, unsupported-sql, data-error or numeric-overflow, with its position.
    package static func bind(_ query: String, in context: QueryContext) throws(QueryError) -> BoundStatement {
        let statement = try Parser.parseStatement(query)
        return try tellingPresence(Binder(context: context)) { (binder) throws(QueryError) -> BoundStatement in try binder.bind(statement) }
    }

    /// Binds, and once more where a whole row is wanted of a side that a join may leave out: few ask for one, and all others are spared its column.
    private static func tellingPresence<Bound>(_ binder: Binder, _ bind: (Binder) throws(QueryError) -> Bound) throws(QueryError) -> Bound {
        let again = Binder(context: binder.context)
        (again.openViews, again.asksForColumns, again.tellsPresence) = (binder.openViews, binder.asksForColumns, true)
        do throws(QueryError) {
            return try bind(binder)
        } catch {
            guard binder.wantsPresence else { throw error }
            return try bind(again)
        }
    }

    /// The columns of a text as a view, and what it names in FROM, without what views among that read.
    ///
    /// - Parameters:
    ///   - name: the view's: it cannot be read by what it reads.
    ///   - cancellation: of its own time; nil: it is bound for a statement that is planned.
    /// - Throws: `QueryError` as `bind`, and bad-sql for a statement that is no query.
    package static func view(
        _ text: String, named name: String, in context: QueryContext, cancellation: Cancellation? = nil
    ) throws(QueryError) -> (columns: [OutputColumn], reads: [String]) {
        try PlanningWork.bind(cancellation) { () throws(QueryError) in try boundView(text, named: name, in: context) }
    }

    private static func boundView(_ text: String, named name: String, in context: QueryContext) throws(QueryError) -> (columns: [OutputColumn], reads: [String]) {
        let binder = Binder(context: context)
        binder.openViews.append(name)
        binder.asksForColumns = true
        guard case .query(let query) = try Parser.parseStatement(text) else { throw .badSQL("a view is a SELECT", at: 1) }
        return try tellingPresence(binder) { (binder) throws(QueryError) -> (columns: [OutputColumn], reads: [String]) in
            let bound = try binder.bindTop(query)
            return (bound.columns, binder.reads.sorted())
        }
    }

    /// - Throws: as the static `bind`.
    package func bind(_ statement: Statement) throws(QueryError) -> BoundStatement {
        switch statement {
        case .query(let query): return .query(try bindTop(query))
        case .explain(let query, let form): return .explain(try bindTop(query), form)
        case .showTables: return .query(showTables())
        case .describe(let table): return .query(try describe(table))
        }
    }

    /// The statement's query, with its columns as they are shown.
    private func bindTop(_ query: QuerySyntax) throws(QueryError) -> BoundQuery {
        let rows = try bindQuery(query, parent: nil)
        // A bare NULL or untyped literal is text to the reader.
        let plan = try padded(typed(rows.plan) { $0 == .null ? .string : $0 })
        try PlanSize.check(plan, isBound: true)
        return BoundQuery(
            plan: inliningSingleUses(plan), columns: plan.columns, isFixed: !dependsOnSession, declared: plan.columns.map { declaredTypes[$0.id] }, origins: plan.columns.map { origins[$0.id] },
            sumsRead: sumsRead)
    }

    /// Texts of CHAR(n) with the blanks at their ends, which nothing but their reader sees.
    private func padded(_ plan: LogicalPlan) -> LogicalPlan {
        let lengths = plan.columns.map { column in declaredTypes[column.id].flatMap { TypeNames.paddedLength($0) } }
        guard lengths.contains(where: { $0 != nil }) else { return plan }
        let columns = zip(plan.columns, lengths).map { column, length in
            guard let length else { return ProjectedColumn(column, .column(column)) }
            let shown = newColumn(column.name, .string)
            declare(shown, as: declaredTypes[column.id])
            collations[shown.id] = collations[column.id]
            origins[shown.id] = origins[column.id]
            return ProjectedColumn(shown, blankPadded(.column(column), to: length))
        }
        return .project(input: plan, columns: columns)
    }

    /// A text of CHAR(n) as it is shown.
    func blankPadded(_ value: Expression, to length: Int) -> Expression { .call(.padBlanks, [value, .literal(.integer(Int64(length)), .int32), .text(" ")], type: .string, position: nil) }

    // MARK: Ids

    func newColumn(_ name: String, _ type: ColumnType) -> OutputColumn {
        columnCount += 1
        return OutputColumn(id: ColumnID(columnCount), name: name, type: type)
    }

    /// The expression with what needs no row computed: for places that take constants only.
    ///
    /// - Note: what fails stays as it is, and so does an instant's cast, which is one of the session's zone: the run knows that.
    func folded(_ expression: Expression) -> Expression {
        let (steps, forms) = (constantSteps, context.forms)
        return ConstantFolding.folded(expression) { expression in
            if let (source, target) = Self.castTypes(expression), Self.holdsInstants(source) != Self.holdsInstants(target) {
                throw QueryError.unsupported("a cast of the session's zone is no constant", at: nil)
            }
            return try Self.constant(expression, steps, forms).value(at: 0)
        }
    }

    /// The value of an expression that needs no row, as a column of one.
    ///
    /// - Throws: what it fails with; what takes too long is left to the run.
    static func constant(_ expression: Expression, _ steps: StepAllowance, _ forms: ValueForms = .plain) throws(QueryError) -> Column {
        guard !steps.isSpent else { throw .unsupported("the statement's constants take too long to be computed while it is planned", at: nil) }
        var context = EvaluationContext(timeZone: .utc, forms: forms)
        (context.allowance, context.cancellation) = (steps, PlanningWork.cancellation)
        return try Evaluator(expression, layout: [:], context: context).evaluate(ColumnBatch(rowCount: 1, columns: []))
    }

    /// Of which type to which one it casts a value; nil of what casts none.
    private static func castTypes(_ expression: Expression) -> (source: ColumnType, target: ColumnType)? {
        switch expression {
        case .cast(let value, let type, _): (value.type, type)
        case .call(let function, let sides, _, _) where function.traits.castsToSecond && sides.count == 2: (sides[0].type, sides[1].type)
        default: nil
        }
    }

    private static func holdsInstants(_ type: ColumnType) -> Bool {
        switch type {
        case .timestamp(let isUTC), .timestampNanoseconds(let isUTC): isUTC
        case .list(let field): holdsInstants(field.type)
        case .structure(let fields): fields.contains { holdsInstants($0.type) }
        default: false
        }
    }

    /// Whether a value is a column of floats of 32 bits as the table has it.
    func isSinglePrecision(_ value: TypedExpression) -> Bool {
        if case .column(let id, _) = value.expression { singlePrecisionIDs.contains(id) } else { false }
    }

    /// A value that was declared REAL, as what reckons with DOUBLEs takes it; all others as they are.
    func widened(_ value: TypedExpression) -> TypedExpression {
        guard value.type == .double, declaredType(value) == "float4" else { return value }
        return TypedExpression(folded(.call(.wideReal, [value.expression], type: .double, position: value.position)), at: value.position)
    }

    /// The text of what says a number in digits, a text or a decimal; nil of a parameter and of all others.
    func digits(of value: TypedExpression) -> Expression? {
        guard value.type == .string || TypeRules.isDecimal(value.type), !isUnknownParameter(value) else { return nil }
        return value.type == .string ? value.expression : .cast(value.expression, to: .string, position: value.position)
    }

    /// Whether it is a parameter whose type its place says.
    func isUnknownParameter(_ value: TypedExpression) -> Bool { unknownParameter(value) != nil }

    /// What PostgreSQL calls the type of a value, where the type here does not tell.
    func declaredType(_ value: TypedExpression) -> String? { value.declared ?? declaredType(value.expression) }

    func declaredType(_ expression: Expression) -> String? {
        if case .column(let id, _) = expression { declaredTypes[id] } else { nil }
    }

    /// Notes what PostgreSQL calls a column's type; nil says nothing.
    func declare(_ column: OutputColumn, as type: String?) {
        if let type { declaredTypes[column.id] = type }
    }

    /// An identity for a mention of a source.
    func newTable() -> Int {
        tableCount += 1
        return tableCount
    }

    func newShared() -> Int {
        sharedCount += 1
        return sharedCount
    }

    /// - Throws: unsupported-sql past `nodeCountMax`.
    func countNode(_ count: Int = 1, at position: Int?) throws(QueryError) {
        nodeCount += count
        guard nodeCount <= Self.nodeCountMax else {
            throw .unsupported("the query has more than \(Self.nodeCountMax) tables, joins and subqueries", at: position)
        }
    }

    /// Casts the plan's columns where `target` wants another type.
    func typed(_ plan: LogicalPlan, _ target: (ColumnType) -> ColumnType) throws(QueryError) -> LogicalPlan {
        let columns = plan.columns
        guard columns.contains(where: { target($0.type) != $0.type }) else { return plan }
        return .project(
            input: plan,
            columns: columns.map { column in
                let type = target(column.type)
                if type == column.type { return ProjectedColumn(column, .column(column)) }
                return ProjectedColumn(newColumn(column.name, type), .cast(.column(column), to: type, position: nil))
            })
    }

    /// A common table that one place reads is no table of its own: rewrites can reach into it.
    ///
    /// One of chance stays where that place may be run for each of other rows, a subquery or the right side of a join: it is drawn once for all of them.
    private func inliningSingleUses(_ plan: LogicalPlan) -> LogicalPlan {
        var uses: [Int: Int] = [:]
        var repeated: Set<Int> = []
        func count(_ plan: LogicalPlan, isRepeated: Bool) {
            if case .shared(let id, _, _) = plan {
                uses[id, default: 0] += 1
                if isRepeated { repeated.insert(id) }
                // What a definition reads is read once, however often it is used itself.
                if uses[id] != 1 { return }
            }
            if case .join(let join) = plan {
                count(join.left, isRepeated: isRepeated)
                count(join.right, isRepeated: true)
            } else {
                for input in plan.inputs { count(input, isRepeated: isRepeated) }
            }
            for expression in plan.expressions { countSubqueries(expression) }
        }
        func countSubqueries(_ expression: Expression) {
            if case .subquery(let subquery) = expression { count(subquery.plan, isRepeated: true) }
            for child in expression.children { countSubqueries(child) }
        }
        func inline(_ plan: LogicalPlan) -> LogicalPlan {
            var plan = plan.withInputs(plan.inputs.map(inline))
            plan = plan.mapExpressions { expression in
                expression.rewritten { node in
                    guard case .subquery(var subquery) = node else { return node }
                    subquery.plan = inline(subquery.plan)
                    return .subquery(subquery)
                }
            }
            guard case .shared(let id, let definition, let columns) = plan, uses[id] == 1 else { return plan }
            if repeated.contains(id), definition.isVolatile { return plan }
            return .project(input: definition, columns: zip(columns, definition.columns).map { ProjectedColumn($0, .column($1)) })
        }
        count(plan, isRepeated: false)
        return uses.isEmpty ? plan : inline(plan)
    }
}

/// A level of a query that names are looked up from.
///
/// A query has two: one for its WITH, one for its SELECT's FROM; a subquery's parent is the level of the expression that it stands in. Joins add
/// levels for their conditions.
///
/// Invariants:
/// 1. `correlation` names columns of outer levels only, each once, in the order of their first mention;
/// 2. a column that was found in a level is correlated in each level between there and the mention.
final class BindingFrame {
    /// The level around; nil for the outermost.
    let parent: BindingFrame?
    /// Tables of FROM, as far as they are bound.
    var names = NameScope()
    var commonTables: [String: CommonTable] = [:]
    /// Columns of outer levels that this one or one within it mentions.
    private(set) var correlation: [ColumnID] = []

    /// Where the subquery that is being bound stands in this level: an aggregate in it over this level's columns belongs there.
    var subqueryScope: ExpressionScope?

    /// A SELECT with GROUP BY or DISTINCT.
    var isGrouped = false

    /// The tables before a join in FROM, which functions and LATERAL within it see, and nothing else there does.
    var isBeside = false

    init(parent: BindingFrame?) { self.parent = parent }

    /// The query around this one.
    var outer: BindingFrame? {
        var level = parent
        while let here = level, here.isBeside { level = here.parent }
        return level
    }

    /// What functions and LATERAL see within a join that stands behind the tables of this level.
    func around() -> BindingFrame? {
        guard !names.relations.isEmpty else { return parent }
        let frame = BindingFrame(parent: parent)
        (frame.names, frame.isBeside) = (names, true)
        return frame
    }

    /// What this level mentioned before a part of it went to another.
    func restoreCorrelation(_ ids: [ColumnID]) { correlation = ids }

    /// Adds columns that are mentioned, in the order of their ids so that a plan is the same each time.
    func correlate(_ ids: Set<ColumnID>) {
        for id in ids.sorted() where !correlation.contains(id) { correlation.append(id) }
    }

    /// A table of WITH that looks at the queries around it is what every level down to its mention looks at them through.
    func mention(_ table: CommonTable, _ name: String) {
        let seen = Set(table.correlation)
        var level: BindingFrame? = seen.isEmpty ? nil : self
        while let here = level {
            here.correlate(seen)
            level = here.commonTables[name] == nil ? here.parent : nil
        }
    }

    /// By name, from the innermost WITH outwards.
    func commonTable(_ name: String) -> CommonTable? { commonTables[name] ?? parent?.commonTable(name) }
}

/// A WITH query, bound once; each mention reads it.
struct CommonTable {
    var id: Int
    var plan: LogicalPlan
    var columns: [OutputColumn]
    /// What each mention costs in nodes of the plan.
    var nodeCount: Int
    /// Columns of the queries around it that it mentions.
    var correlation: [ColumnID] = []
}

/// Rows with what is known of their columns.
struct BoundRows {
    var plan: LogicalPlan
    var columns: [OutputColumn] { plan.columns }
}
