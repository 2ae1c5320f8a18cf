import ColumnStore

/// Runs a correlated plan once for each distinct set of outer values, all sets at a time, whatever is in it (Neumann and Kemper, “Unnesting
/// Arbitrary Queries”, BTW 2015): the sets become a table, the *domain*, that is pushed down through the plan until nothing below needs it.
///
/// Each `push` gives back the plan with the domain's columns beside its own, an `Instance`, and what stands for the outer columns in it; whoever is above groups, numbers and joins
/// by those keys, too. At the top they are what the outer rows are joined by. A row-by-row run would ask the plan as often as there are outer rows; this asks it once.
///
/// Steps, for `SELECT … FROM o, LATERAL (SELECT … FROM t WHERE t.k < o.k) s`:
/// 1. the outer rows become a shared table, read by the join at the top and by the domain;
/// 2. the domain is `SELECT DISTINCT k FROM o`;
/// 3. `push` goes down the lateral plan; where a subtree mentions no outer column the domain is joined to it as a product, and every node above
///    carries the domain's columns along;
/// 4. at the top the outer rows are joined to the result where all keys are equal, NULL with NULL.
///
/// Invariants:
/// 1. what `push` gives puts out the plan's own columns under their own ids, and the columns of its instance;
/// 2. rows of different sets never meet: a grouping, a window, a DISTINCT or a set operation has the set's keys among its own.
struct DependentJoin {
    /// The outer rows, to stand in place of the plan that was given.
    let outerPlan: LogicalPlan
    private let outerColumns: [OutputColumn]
    /// What tells the sets apart: the outer columns themselves, or a number for each row where rows of equal values are to be kept apart (`isNumbered`).
    private let keys: [OutputColumn]
    /// Outer columns that are no keys but are read within the plan; empty unless `isNumbered`.
    private let carried: [OutputColumn]
    /// Of both. No node of the plan puts them out: its columns have ids of their own.
    private let outerIDs: Set<ColumnID>
    private let sharedID: Int
    /// The outer rows, with their number where `isNumbered`.
    private let definition: LogicalPlan
    private let isNumbered: Bool
    /// Something in the plan is of chance, and is drawn for each outer row.
    private let isOfChance: Bool
    /// Of outer columns: outer rows for which these are not all true ask for nothing.
    private let asking: [Expression]
    private let ids: PlanIDs
    private let sharedPlans = SharedPlans()

    /// Common tables and domains of inner subqueries that look at outer columns: pushed once, read by every mention.
    private final class SharedPlans {
        var pushed: [Int: (id: Int, plan: LogicalPlan, instance: Instance)] = [:]
    }

    /// A mention of the domain below some node: its columns under ids of their own.
    private struct Instance {
        var keys: [OutputColumn]
        var carried: [OutputColumn]
        /// What stands for each outer column.
        var map: [ColumnID: Expression]
        var columns: [OutputColumn] { keys + carried }
    }

    /// - Parameters:
    ///   - outer: the rows that the plan is asked for; they stay `outerPlan`.
    ///   - correlation: those of its columns that the plan mentions.
    ///   - plan: the one that will be pushed.
    ///   - asking: conditions on the outer columns, asked in their order, none of which is of chance: of an outer row that does not meet them no row of the plan is read.
    ///   - ids: of the statement; columns of the domain get new ones at each mention.
    init(outer: LogicalPlan, correlation: Set<ColumnID>, of plan: LogicalPlan, asking: [Expression] = [], ids: PlanIDs) {
        self.ids = ids
        self.asking = asking
        isOfChance = plan.drawsAnew(for: correlation)
        let wanted = outer.columns.filter { correlation.contains($0.id) }
        // Lists and rows cannot be grouped by at each step, one of equal values that are not the same (a month, 30 days) cannot stand for the other, and what is drawn for each row is
        // not drawn for each value: the number of the outer row is the key then, and the values go along as long as something needs them. Equal values are computed more than once for
        // that.
        isNumbered = isOfChance || wanted.contains { $0.type.isNested || !TypeRules.isEqualTheSame($0.type) }
        sharedID = ids.newShared()
        if isNumbered {
            let number = ids.newColumn("", .int64)
            let call = WindowNode.Call(
                column: number, function: .rowNumber, arguments: [],
                frame: WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow))
            definition = .window(WindowNode(input: outer, partition: [], order: [], calls: [call]))
            keys = [number]
            carried = wanted
        } else {
            definition = outer
            keys = wanted
            carried = []
        }
        outerIDs = Set((keys + carried).map(\.id))
        // Shared: the domain is made of the very rows that it is joined to, read once.
        outerColumns = definition.columns
        outerPlan = .shared(id: sharedID, definition: definition, columns: outerColumns)
    }

    /// The plan's rows for every set of outer values, with equalities that join them to `outerPlan`.
    ///
    /// - Throws: unsupported-sql for the few forms that cannot be run that way.
    func pushed(into plan: LogicalPlan, at position: Int?) throws(QueryError) -> (plan: LogicalPlan, equalities: [JoinNode.Equality]) {
        // The one row of a value, or none: the join below gives NULL for none.
        let (result, instance) = if case .singleRow(let input, let place) = plan, isFree(plan) { try single(input, place, position) } else { try push(plan, position) }
        // An outer NULL is a value like others here: its set has rows of its own.
        let equalities = zip(keys, instance.keys).map { JoinNode.Equality(.column($0), .column($1), nullsEqual: true) }
        return (result, equalities)
    }

    /// One more mention of the domain. Numbered rows are different by themselves; values of keys are made so.
    private func newInstance() -> (LogicalPlan, Instance) {
        let fresh = outerColumns.map { ids.newColumn($0.name, $0.type) }
        var mention = LogicalPlan.shared(id: sharedID, definition: definition, columns: fresh)
        if !asking.isEmpty {
            let map = Dictionary(zip(outerColumns.map(\.id), fresh.map { Expression.column($0) }), uniquingKeysWith: { first, _ in first })
            mention = .filter(input: mention, conjuncts: asking.map { $0.substituting(map) })
        }
        func own(_ columns: [OutputColumn]) -> [OutputColumn] {
            columns.compactMap { column in outerColumns.firstIndex(where: { $0.id == column.id }).map { fresh[$0] } }
        }
        let instance = Instance(
            keys: own(keys), carried: own(carried),
            map: Dictionary(zip((keys + carried).map(\.id), own(keys + carried).map { Expression.column($0) }), uniquingKeysWith: { first, _ in first }))
        let columns = LogicalPlan.project(input: mention, columns: instance.columns.map { ProjectedColumn($0, .column($0)) })
        return (isNumbered ? columns : .distinct(input: columns), instance)
    }

    // MARK: Pushing

    /// Asked at each node on the way down: most have a mention near.
    private func isFree(_ plan: LogicalPlan) -> Bool { plan.mentions(anyOf: outerIDs) }

    private func isFree(_ expressions: [Expression]) -> Bool {
        expressions.contains { !$0.columnIDs.isDisjoint(with: outerIDs) }
    }

    /// Whether the domain belongs below the plan: it looks at an outer value, or has something drawn for each outer row.
    private func needsDomain(_ plan: LogicalPlan) -> Bool { isFree(plan) || isOfChance && plan.drawsAnew(for: outerIDs) }

    /// The plan for every set of the domain.
    ///
    /// - Throws: unsupported-sql for a series or a scan that itself looks at the outer row, for a null-aware join, and for several grand totals.
    private func push(_ plan: LogicalPlan, _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        // Nothing below asks for an outer value: every set has the same rows of it, and here the domain stays.
        guard needsDomain(plan) else {
            let (domain, instance) = newInstance()
            // A SELECT without FROM is one row: the domain's rows are as many as are wanted.
            if case .values(let columns, let rows) = plan, columns.isEmpty, rows.count == 1 { return (domain, instance) }
            return (.join(JoinNode(kind: .cross, left: domain, right: plan)), instance)
        }
        switch plan {
        case .filter, .project, .unnest, .sort: return try pushUnary(plan, position)
        case .aggregate(let node): return try push(node, position)
        case .window(let node): return try push(node, position)
        case .join(let node): return try push(node, position)
        case .distinct(let input):
            let (inner, instance) = try push(input, position)
            return (.distinct(input: try only(inner, input.columns, instance)), withoutCarried(instance))
        case .limit(let input, let count, let offset): return try limit(input, [], count, offset, position)
        case .setOperation(let node): return try push(node, position)
        case .values(let columns, let rows): return try values(columns, rows, position)
        case .singleRow(let input, let place):
            // Beside other tables it is a row for every set of outer values, also where nothing was found.
            let (found, instance) = try single(input, place, position)
            let (domain, fresh) = newInstance()
            let equalities = zip(fresh.keys, instance.keys).map { JoinNode.Equality(.column($0), .column($1), nullsEqual: true) }
            let joined = LogicalPlan.join(JoinNode(kind: .left, left: domain, right: found, equalities: equalities))
            return (.project(input: joined, columns: (input.columns + fresh.columns).map { ProjectedColumn($0, .column($0)) }), fresh)
        case .deferring(let input, let number):
            // Of what is drawn for each set of outer values alone: what knows no outer value is joined whole. One set's error is one of all of them.
            let (inner, instance) = try push(input, position)
            return (.deferring(input: inner, number: number), instance)
        case .shared(let id, let definition, let columns): return try shared(id, definition, columns, position)
        case .scan, .series: throw unsupported(position)
        }
    }

    /// Each set's one row where there is any; more are an error of the data.
    private func single(_ input: LogicalPlan, _ place: Int?, _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        let (inner, instance) = try push(input, position)
        let calls = input.columns.map {
            AggregateCall(column: $0, function: .singleValue, arguments: [.column(ids.newColumn("", $0.type))], position: place)
        }
        return (singleValues(calls, over: inner, input.columns, instance), withoutCarried(instance))
    }

    private func unsupported(_ position: Int?) -> QueryError {
        .unsupported("this form of correlated subquery is not supported", at: position)
    }

    /// A common table that mentions outer columns: its definition is pushed once, and each mention renames the columns of that one instance.
    private func shared(
        _ id: Int, _ definition: LogicalPlan, _ columns: [OutputColumn], _ position: Int?
    ) throws(QueryError) -> (LogicalPlan, Instance) {
        let known: (id: Int, plan: LogicalPlan, instance: Instance)
        if let pushed = sharedPlans.pushed[id] {
            known = pushed
        } else {
            let (inner, instance) = try push(definition, position)
            let columns = (definition.columns + instance.columns).map { ProjectedColumn(ids.newColumn($0.name, $0.type), .column($0)) }
            known = (ids.newShared(), .project(input: inner, columns: columns), instance)
            sharedPlans.pushed[id] = known
        }
        let old = known.instance
        let fresh = old.columns.map { ids.newColumn($0.name, $0.type) }
        let renames = Dictionary(zip(old.columns.map(\.id), fresh.map { Expression.column($0) }), uniquingKeysWith: { first, _ in first })
        let instance = Instance(
            keys: Array(fresh.prefix(old.keys.count)), carried: Array(fresh.dropFirst(old.keys.count)),
            map: old.map.mapValues { $0.substituting(renames) })
        return (.shared(id: known.id, definition: known.plan, columns: columns + fresh), instance)
    }

    /// What is left of an instance above a node that drops all columns but its keys.
    private func withoutCarried(_ instance: Instance) -> Instance {
        guard isNumbered else { return instance }
        return Instance(keys: instance.keys, carried: [], map: [:])
    }

    /// Exactly these columns and the keys.
    private func only(_ plan: LogicalPlan, _ columns: [OutputColumn], _ instance: Instance) throws(QueryError) -> LogicalPlan {
        .project(input: plan, columns: (columns + instance.keys).map { ProjectedColumn($0, .column($0)) })
    }

    /// Brings back outer values that a grouping dropped.
    private func complete(_ plan: LogicalPlan, _ instance: Instance, for expressions: [Expression]) -> (LogicalPlan, Instance) {
        guard isNumbered, instance.map.isEmpty, isFree(expressions) else { return (plan, instance) }
        let (domain, fresh) = newInstance()
        let equalities = zip(instance.keys, fresh.keys).map { JoinNode.Equality(.column($0), .column($1)) }
        return (.join(JoinNode(kind: .inner, left: plan, right: domain, equalities: equalities)), fresh)
    }

    /// Nodes that look at one row at a time: they take the outer values from the instance below, and pass its columns on.
    private func pushUnary(_ plan: LogicalPlan, _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        if case .sort(let node) = plan, node.limit != nil { return try limit(node.input, node.keys, node.limit, node.offset, position) }
        var plan = plan
        // Without its mention of the domain a condition would go to the scan of what the domain is joined to.
        if case .filter(let input, let conjuncts) = plan {
            plan = .filter(input: input, conjuncts: CorrelationOrder.kept(conjuncts.flatMap(\.conjuncts), over: input, outer: outerIDs))
        }
        var (inner, instance) = try push(plan.inputs[0], position)
        (inner, instance) = complete(inner, instance, for: plan.expressions)
        switch plan.withInputs([inner]).mapExpressions({ $0.substituting(instance.map) }) {
        case .project(let input, let columns):
            let made = Set(columns.map(\.column.id))
            let passed = instance.columns.filter { !made.contains($0.id) }
            return (.project(input: input, columns: columns + passed.map { ProjectedColumn($0, .column($0)) }), instance)
        case .unnest(var node):
            let passed = Set(node.passed.map(\.id))
            node.passed += instance.columns.filter { !passed.contains($0.id) }
            return (.unnest(node), instance)
        case .sort(let node): return (node.input, instance)  // an order does not survive the join above
        case let other: return (other, instance)
        }
    }

    /// The set's keys become keys of the grouping. Where the plan has a row even of no rows, sets of which nothing was found get theirs by a left
    /// join of the domain.
    private func push(_ aggregate: AggregateNode, _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        let totalCount = aggregate.groupingSets?.count(where: \.isEmpty) ?? (aggregate.groups.isEmpty ? 1 : 0)
        // Several grand totals would be several rows where nothing was found.
        guard totalCount <= 1 else { throw unsupported(position) }
        let aggregate = aggregate.orderingItsLists
        var (inner, instance) = try push(aggregate.input, position)
        (inner, instance) = complete(inner, instance, for: Grouped.expressions(of: aggregate))
        guard case .aggregate(var node) = LogicalPlan.aggregate(aggregate).withInputs([inner]).mapExpressions({ $0.substituting(instance.map) })
        else { throw unsupported(position) }
        let outputs = instance.keys.map { ids.newColumn($0.name, $0.type) }
        // Before the others, where they leave the bits of GROUPING as they are.
        node.groups.insert(contentsOf: zip(outputs, instance.keys).map { ProjectedColumn($0, .column($1)) }, at: 0)
        node.groupingSets = node.groupingSets?.map { set in Array(outputs.indices) + set.map { $0 + outputs.count } }
        let grouped = renamed(instance, outputs)
        guard totalCount == 1 else { return (.aggregate(node), grouped) }
        // Without GROUP BY there is a row for every set of outer values, also where nothing was found.
        let (domain, fresh) = newInstance()
        let equalities = zip(fresh.keys, outputs).map { JoinNode.Equality(.column($0), .column($1), nullsEqual: true) }
        let joined = LogicalPlan.join(JoinNode(kind: .left, left: domain, right: .aggregate(node), equalities: equalities))
        // A set without rows has NULL in every aggregate after the left join, which is right for all but counts: those are 0.
        let empty = Grouped.emptyRow(of: node)
        var columns = node.aggregates.map { call -> ProjectedColumn in
            let inner = ids.newColumn(call.column.name, call.column.type)
            let value = Expression.column(inner)
            guard let other = empty[call.column.id], other.literalValue?.isNull == false else { return ProjectedColumn(call.column, value) }
            return ProjectedColumn(call.column, .coalesce([value, other], type: call.column.type))
        }
        // The aggregates come out under other ids, so that theirs can name the completed values.
        var map: [ColumnID: OutputColumn] = [:]
        for (call, column) in zip(node.aggregates, columns) {
            if let id = column.expression.columnIDs.first { map[call.column.id] = OutputColumn(id: id, name: call.column.name, type: call.column.type) }
        }
        columns += aggregate.groups.map { ProjectedColumn($0.column, .column($0.column)) }
        if let grouping = aggregate.groupingColumn {
            let inner = ids.newColumn(grouping.name, grouping.type)
            map[grouping.id] = inner
            // In the grand total all groups are left out: all bits of GROUPING are set.
            let bitCount = min(aggregate.groups.count, AggregateNode.groupingBitCountMax)
            let all = Expression.literal(.integer((Int64(1) << Int64(bitCount)) - 1), grouping.type)
            columns.append(ProjectedColumn(grouping, .coalesce([.column(inner), all], type: grouping.type)))
        }
        let result = LogicalPlan.project(
            input: renaming(joined, map), columns: columns + fresh.columns.map { ProjectedColumn($0, .column($0)) })
        return (result, fresh)
    }

    /// The same aggregates under new ids.
    private func renaming(_ plan: LogicalPlan, _ map: [ColumnID: OutputColumn]) -> LogicalPlan {
        guard case .join(var join) = plan, case .aggregate(var node) = join.right else { return plan }
        for index in node.aggregates.indices {
            if let column = map[node.aggregates[index].column.id] { node.aggregates[index].column = column }
        }
        if let grouping = node.groupingColumn, let column = map[grouping.id] { node.groupingColumn = column }
        join.right = .aggregate(node)
        return .join(join)
    }

    /// The instance above a node that puts its keys out under other ids.
    private func renamed(_ instance: Instance, _ keys: [OutputColumn]) -> Instance {
        guard !isNumbered else { return Instance(keys: keys, carried: [], map: [:]) }
        return Instance(
            keys: keys, carried: [],
            map: Dictionary(zip(self.keys.map(\.id), keys.map { Expression.column($0) }), uniquingKeysWith: { first, _ in first }))
    }

    /// One row of each set, or an error of the data: a grouping by the keys with `singleValue` for each column.
    private func singleValues(
        _ calls: [AggregateCall], over input: LogicalPlan, _ columns: [OutputColumn], _ instance: Instance
    ) -> LogicalPlan {
        // Inputs under new ids, so that the results can keep the old ones.
        var renames: [ProjectedColumn] = []
        for (call, column) in zip(calls, columns) {
            guard case .column(let id, let type)? = call.arguments.first else { continue }
            renames.append(ProjectedColumn(OutputColumn(id: id, name: column.name, type: type), .column(column)))
        }
        let inner = instance.keys.map { ids.newColumn($0.name, $0.type) }
        renames += zip(inner, instance.keys).map { ProjectedColumn($0, .column($1)) }
        return .aggregate(
            AggregateNode(
                input: .project(input: input, columns: renames), groups: zip(instance.keys, inner).map { ProjectedColumn($0, .column($1)) },
                aggregates: calls))
    }

    /// LIMIT counts for each set of outer values apart.
    ///
    /// Rows are numbered within their set, in the order that the LIMIT had, and tested by their number.
    private func limit(
        _ input: LogicalPlan, _ order: [SortKey], _ count: Int?, _ offset: Int, _ position: Int?
    ) throws(QueryError) -> (LogicalPlan, Instance) {
        var source = input, keys = order
        // That of a subquery beneath, as it would be without outer values. Columns that it alone reads go along below the window.
        if keys.isEmpty { (source, keys) = input.withItsOrder }
        var (inner, instance) = try push(source, position)
        (inner, instance) = complete(inner, instance, for: keys.map(\.expression))
        for index in keys.indices { keys[index].expression = keys[index].expression.substituting(instance.map) }
        let number = ids.newColumn("", .int64)
        let call = WindowNode.Call(
            column: number, function: .rowNumber, arguments: [],
            frame: WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow))
        let window = LogicalPlan.window(WindowNode(input: inner, partition: instance.keys.map { .column($0) }, order: keys, calls: [call]))
        func test(_ function: ScalarFunction, _ bound: Int) -> Expression {
            .call(function, [.column(number), .literal(.integer(Int64(bound)), .int64)], type: .boolean, position: nil)
        }
        var conditions = offset > 0 ? [test(.greater, offset)] : []
        if let count { conditions.append(test(.lessOrEqual, count.addingSaturating(offset))) }
        return (.filter(input: window, conjuncts: conditions), instance)
    }

    private func push(_ window: WindowNode, _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        var (inner, instance) = try push(window.input, position)
        (inner, instance) = complete(inner, instance, for: LogicalPlan.window(window).expressions)
        guard case .window(var node) = LogicalPlan.window(window).withInputs([inner]).mapExpressions({ $0.substituting(instance.map) }) else {
            throw unsupported(position)
        }
        // The window of one set must not see rows of another.
        node.partition += instance.keys.map { .column($0) }
        return (.window(node), instance)
    }

    /// A side that mentions outer columns gets the domain; where both do, each set's rows of one side meet those of the other by the keys.
    private func push(_ join: JoinNode, _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        var node = join
        let isNullAware = switch node.kind {
        case .antiNullAware, .mark(_, nullAware: true): true
        default: false
        }
        // What tells NULL from false would have to look at each set's rows by themselves, which its operator does not.
        if isNullAware, isFree(node.right) || isFree(node.equalities.map(\.right)) { throw unsupported(position) }
        let isLeft = needsDomain(node.left), isRight = !isNullAware && needsDomain(node.right)
        switch node.kind {
        case .full: return try pushFull(node, position)
        case .right:
            (node.left, node.right) = (node.right, node.left)
            node.equalities = node.equalities.map { JoinNode.Equality($0.right, $0.left, nullsEqual: $0.nullsEqual) }
            node.kind = .left
            return try push(node, position)
        case .inner, .cross:
            // One side alone needs the domain: the other is read as it is, and not once more for each set.
            if !isLeft, isRight {
                let (inner, instance) = completed(try push(node.right, position), for: LogicalPlan.join(join).expressions)
                node.right = inner
                return (finished(node, instance, isOnLeft: false), instance)
            }
        default: break
        }
        // Of an outer or a semi-join the left side's rows are kept, whichever side asks: they need the set that they are kept for.
        let (inner, instance) = completed(try push(node.left, position), for: LogicalPlan.join(join).expressions)
        node.left = inner
        if isRight {
            let (right, other) = try push(node.right, position)
            node.right = right
            node.equalities += zip(instance.keys, other.keys).map { JoinNode.Equality(.column($0), .column($1), nullsEqual: true) }
            if node.kind == .cross { node.kind = .inner }
        }
        return (finished(node, instance, isOnLeft: true), instance)
    }

    /// Rows of either side without a match have the outer values of that side.
    private func pushFull(_ join: JoinNode, _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        let conditions = LogicalPlan.join(join).expressions
        let (left, one) = completed(try push(join.left, position), for: conditions)
        let (right, other) = completed(try push(join.right, position), for: conditions)
        var node = join
        (node.left, node.right) = (left, right)
        node.equalities = join.equalities.map {
            JoinNode.Equality($0.left.substituting(one.map), $0.right.substituting(other.map), nullsEqual: $0.nullsEqual)
        }
        node.residual = join.residual.map { $0.substituting(one.map) }
        node.equalities += zip(one.keys, other.keys).map { JoinNode.Equality(.column($0), .column($1), nullsEqual: true) }
        let keys = one.keys.map { ids.newColumn($0.name, $0.type) }
        var columns = join.left.columns.map { ProjectedColumn($0, .column($0)) } + join.right.columns.map { ProjectedColumn($0, .column($0)) }
        for (key, sides) in zip(keys, zip(one.keys, other.keys)) {
            columns.append(ProjectedColumn(key, .coalesce([.column(sides.0), .column(sides.1)], type: key.type)))
        }
        return (.project(input: .join(node), columns: columns), renamed(one, keys))
    }

    private func completed(_ pushed: (LogicalPlan, Instance), for expressions: [Expression]) -> (LogicalPlan, Instance) {
        complete(pushed.0, pushed.1, for: expressions)
    }

    /// With the outer values of one side's instance. An equality that asks for one on the other side is a condition over both.
    private func finished(_ join: JoinNode, _ instance: Instance, isOnLeft: Bool) -> LogicalPlan {
        var join = join
        let isAcross = { (equality: JoinNode.Equality) in isFree([isOnLeft ? equality.right : equality.left]) }
        join.residual += join.equalities.filter(isAcross).map(\.condition)
        join.equalities.removeAll(where: isAcross)
        var plan = LogicalPlan.join(join).mapExpressions { $0.substituting(instance.map) }
        if case .join(var node) = plan, node.kind == .cross, !node.residual.isEmpty {
            node.kind = .inner
            plan = .join(node)
        }
        return plan
    }

    /// Every part gets a domain of its own, whose keys are columns of the result.
    private func push(_ operation: SetOperationNode, _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        // Rows are counted and compared with their set, in every part.
        var node = operation
        for index in node.inputs.indices {
            let (inner, instance) = try push(node.inputs[index], position)
            let own = node.inputs[index].columns
            node.inputs[index] = .project(input: inner, columns: (own + instance.keys).map { ProjectedColumn($0, .column($0)) })
        }
        let keys = self.keys.map { ids.newColumn($0.name, $0.type) }
        node.columns += keys
        return (.setOperation(node), renamed(Instance(keys: keys, carried: [], map: [:]), keys))
    }

    /// One row of expressions is a projection of the domain; several are a union of such.
    private func values(_ columns: [OutputColumn], _ rows: [[Expression]], _ position: Int?) throws(QueryError) -> (LogicalPlan, Instance) {
        guard rows.count == 1 else {
            guard !rows.isEmpty else { throw unsupported(position) }
            let inputs = rows.map { row in
                LogicalPlan.project(
                    input: .values(columns: [], rows: [[]]), columns: zip(columns, row).map { ProjectedColumn(ids.newColumn($0.name, $0.type), $1) })
            }
            return try push(SetOperationNode(kind: .union, keepsRepeats: true, inputs: inputs, columns: columns), position)
        }
        let (domain, instance) = newInstance()
        let made = zip(columns, rows[0]).map { ProjectedColumn($0, $1.substituting(instance.map)) }
        return (.project(input: domain, columns: made + instance.columns.map { ProjectedColumn($0, .column($0)) }), instance)
    }
}

extension LogicalPlan {
    /// Whether a run of the plan for another outer row draws again what is of chance in it (`random()`).
    ///
    /// What does not look at the outer row and is read as a table is drawn once for all of them: common tables, and the rows of a series.
    ///
    /// - Parameter outer: columns of the query around it.
    func drawsAnew(for outer: Set<ColumnID>) -> Bool {
        var seen: Set<Int> = []
        return drawsAnew(for: outer, &seen)
    }

    /// - Parameter seen: common tables that have been looked at.
    private func drawsAnew(for outer: Set<ColumnID>, _ seen: inout Set<Int>) -> Bool {
        if PlanningWork.isOver { return false }
        switch self {
        case .scan, .series: return false
        case .shared(let id, let definition, _):
            guard seen.insert(id).inserted, definition.mentions(anyOf: outer) else { return false }
            return definition.drawsAnew(for: outer, &seen)
        default: break
        }
        if expressions.contains(where: \.isVolatile) { return true }
        for input in inputs {
            if input.drawsAnew(for: outer, &seen) { return true }
        }
        return false
    }
}
