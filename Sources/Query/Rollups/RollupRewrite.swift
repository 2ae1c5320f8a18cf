import ColumnStore

/// Answers groupings from partial sums: what a rollup has comes from it, all else from rows, and both are joined to one exact answer.
///
/// A pass of the optimizer. `docs/decisions/0037-rollups.md` says why it is a rewrite and no view; EXPLAIN shows the rollup
/// that was taken, and of the others why not.
///
///     Aggregate g: f(x)                      Aggregate g: joined f
///       Filter                 becomes         Union all
///         Scan t                                 Project g, m     over  Filter  over  Scan rollup
///                                                Aggregate g: f(x) over  Filter  over  Scan t without what the rollup has
struct RollupRewrite {
    private let catalog: any QueryCatalog
    private let zone: String
    private let isOff: Bool
    private let forms: ValueForms
    /// What it did not answer.
    let needs = RollupNeeds()

    init(_ context: QueryContext) { (catalog, zone, isOff, forms) = (context.catalog, context.timeZone, !context.usesRollups, context.forms) }

    /// - Returns: the plan itself where no table that is grouped has rollups, and where it makes texts in other forms than theirs.
    func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
        if isOff { return plan }
        var texts = FormedTexts(forms)
        if texts.areMade(by: plan) { return plan }
        var names: Set<String> = []
        var seen: [Set<Int>] = [[], []]
        Self.groupedTables(plan, &names, &seen)
        let offers = Dictionary(uniqueKeysWithValues: names.map { ($0, catalog.rollups(of: $0)) }).filter { !$0.value.isEmpty }
        let bases = Dictionary(uniqueKeysWithValues: names.compactMap { name in catalog.rollupBase(of: name).map { (name, $0) } })
        if offers.isEmpty, bases.isEmpty { return plan }
        var shared: Set<Int> = []
        let run = Run(offers: offers, bases: bases, needs: needs, zone: zone, ids: PlanIDs(after: plan), nextTable: Self.lastTable(plan, &shared) + 1)
        let rewritten = run.rewrite(plan)
        return run.sharedRemarks.applied(to: rewritten)
    }

    /// Tables whose rows are grouped: a catalog is asked of no others, which for a row by its id would take as long as binding its text.
    ///
    /// - Parameter seen: shared tables that were gone through where nothing is grouped above them, and where something is.
    private static func groupedTables(_ plan: LogicalPlan, isGrouped: Bool = false, _ names: inout Set<String>, _ seen: inout [Set<Int>]) {
        var isGrouped = isGrouped
        switch plan {
        case .scan(let node): if isGrouped { names.insert(node.table.name) }
        case .aggregate, .distinct: isGrouped = true
        case .shared(let id, _, _): if !seen[isGrouped ? 1 : 0].insert(id).inserted { return }
        default: break
        }
        for input in plan.inputs { groupedTables(input, isGrouped: isGrouped, &names, &seen) }
    }

    /// The greatest identity of a table in the plan: references that are made get higher ones.
    private static func lastTable(_ plan: LogicalPlan, _ seen: inout Set<Int>) -> Int {
        var last = 0
        if case .scan(let node) = plan { last = node.table.identity }
        if case .shared(let id, _, _) = plan, !seen.insert(id).inserted { return last }
        for input in plan.inputs { last = max(last, lastTable(input, &seen)) }
        return last
    }

    /// The rewriting of one plan.
    /// One plan's, on one thread.
    private final class Run {
        let offers: [String: [RollupOffer]]
        let bases: [String: RollupBase]
        let needs: RollupNeeds
        let zone: String
        let ids: PlanIDs
        var nextTable: Int
        var sharedRemarks = SharedRemarks()
        private let definitions = SharedWalk()

        init(offers: [String: [RollupOffer]], bases: [String: RollupBase], needs: RollupNeeds, zone: String, ids: PlanIDs, nextTable: Int) {
            (self.bases, self.needs) = (bases, needs)
            (self.offers, self.zone, self.ids, self.nextTable) = (offers, zone, ids, nextTable)
        }

        /// From the top down: an outer grouping is tried before those beneath it.
        func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
            if PlanningWork.isOver { return plan }
            let made: LogicalPlan? = switch plan {
            case .aggregate(let node): answer(node) { .aggregate($0) } ?? overMore(node, plan)
            // Rows without repeats are groups that nothing is asked of.
            case .distinct(.project(let input, let columns)):
                answer(AggregateNode(input: input, groups: columns, aggregates: [])) { .distinct(input: .project(input: $0.input, columns: columns)) } ?? remarked(plan, [:])
            default: nil
            }
            return made ?? definitions.rewriting(inputsOf: plan, rewrite)
        }

        private enum Choice {
            /// The plan over sums and rows.
            case made(LogicalPlan)
            /// None fits: the table, with why.
            case remarked(TableReference)
        }

        /// A grouping of one table: from sums, or as it was asked, with why not.
        ///
        /// - Parameter plain: as it was asked, over the input that it is given.
        /// - Returns: nil for a grouping of anything but one table that has rollups.
        private func answer(_ node: AggregateNode, plain: (AggregateNode) -> LogicalPlan) -> LogicalPlan? {
            var own = node
            let copy = inlined(node.input)
            if let copy { own.input = copy }
            switch choose(own) {
            case .made(let plan): return plan
            case .remarked(let table):
                // What is shared is run once: it stays so where it is read anyway.
                if copy != nil {
                    sharedRemarks.note(in: node.input) { [remarks = (table.source as? RemarkedTable)?.remarks ?? []] _ in remarks }
                    own.input = rewrite(node.input)
                    return plain(own)
                }
                own.input = RollupShape.replacing(node.input, with: table)
                return plain(own)
            case nil: return nil
            }
        }

        /// A grouping over joins of a table whose groups are summed, or as it was asked, with why not.
        private func overMore(_ node: AggregateNode, _ plan: LogicalPlan) -> LogicalPlan {
            let joins = RollupJoins(ids, leaf: leaf, rewrite: rewrite)
            var known: [Int: TableReference] = [:]
            for split in joins.splits(node) {
                switch choose(split.inner, grouping: Self.joinedValue) {
                case .made(let plan): return split.outer(plan)
                case .remarked(let table): known[table.identity] = table
                case nil: break
                }
            }
            return remarked(plan, known)
        }

        private static let joinedValue = "what the join reads"
        private static let overJoin = "the grouping is over a join that no sums can take part in"
        private static let overUnion = "the grouping is over a union"
        private static let overOther = "the grouping is over more than conditions and columns of the table"

        /// A grouping that reads rows, with why not sums at each table beneath it that has some.
        ///
        /// - Parameter known: tables by their identity for which it was found out.
        private func remarked(_ grouping: LogicalPlan, _ known: [Int: TableReference]) -> LogicalPlan {
            func inner(_ plan: LogicalPlan, _ reason: String) -> LogicalPlan {
                if PlanningWork.isOver { return plan }
                switch plan {
                case .scan(var node):
                    let offers = offersByName(node.table.name)
                    if offers.isEmpty { return plan }
                    let remarks = offers.map { Self.remark($0, reason) }
                    node.table = known[node.table.identity] ?? TableReference(name: node.table.name, source: RemarkedTable(node.table.source, remarks), identity: node.table.identity)
                    return .scan(node)
                case .aggregate, .distinct: return rewrite(plan)
                case .shared:
                    sharedRemarks.note(in: plan) { offersByName($0).map { Self.remark($0, reason) } }
                    return rewrite(plan)
                case .join: return plan.withInputs(plan.inputs.map { inner($0, reason == Self.overOther ? Self.overJoin : reason) })
                case .setOperation: return plan.withInputs(plan.inputs.map { inner($0, reason == Self.overOther ? Self.overUnion : reason) })
                default: return plan.withInputs(plan.inputs.map { inner($0, reason) })
                }
            }
            return grouping.withInputs(grouping.inputs.map { inner($0, Self.overOther) })
        }

        private static func remark(_ offer: RollupOffer, _ reason: String) -> String { "Not used: \(offer.name): \(reason)" }

        /// The input with a shared table's definition copied into it; nil where it reads none that can be.
        private func inlined(_ plan: LogicalPlan) -> LogicalPlan? {
            var copy = RollupCopy(ids) { self.reference($0.name, $0.source) }
            return copy.inlined(plan)
        }

        /// The plan of a table that may have sums, beneath a join.
        private func leaf(_ plan: LogicalPlan) -> LogicalPlan? {
            let own = inlined(plan) ?? plan
            guard let shape = RollupShape(own, []), offers[shape.scan.table.name] != nil || bases[shape.scan.table.name] != nil else { return nil }
            return own
        }

        /// The offer that answers a grouping with the least to read.
        /// - Parameter grouping: as `RollupMatch` has it.
        /// - Returns: nil for a table without rollups, and for anything but one table.
        private func choose(_ node: AggregateNode, grouping: String? = nil) -> Choice? {
            guard let shape = RollupShape(node.input, node.operands) else { return nil }
            let offers = offers[shape.scan.table.name] ?? [], base = bases[shape.scan.table.name]
            if offers.isEmpty, base == nil { return nil }
            var fitting: [(offer: RollupOffer, match: RollupMatch)] = []
            var remarks: [String] = []
            for offer in offersByName(shape.scan.table.name) {
                do throws(RollupParts.Refusal) { fitting.append((offer, try RollupMatch(offer, node, shape, grouping: grouping, zone: zone, ids))) } catch {
                    remarks.append(Self.remark(offer, error.reason))
                }
            }
            let chosen = fitting.min { Self.cost($0.offer) < Self.cost($1.offer) }
            for other in fitting where other.offer.name != chosen?.offer.name {
                remarks.append(Self.remark(other.offer, "\(chosen?.offer.name ?? "") answers it with less"))
            }
            guard let (offer, match) = chosen else {
                if let base { needs.note(node, of: base, zone: zone) }
                if offers.isEmpty { return nil }
                let table = shape.scan.table
                return .remarked(TableReference(name: table.name, source: RemarkedTable(table.source, remarks), identity: table.identity))
            }
            let title = "Rollup \(offer.name)" + (offer.coverage.map { " (\($0))" } ?? "")
            return .made(
                match.plan(
                    node, partials: reference("rollup_\(offer.name)", RemarkedTable(offer.partials, [title] + remarks)),
                    rest: reference(shape.scan.table.name, offer.rest)))
        }

        /// In an order that does not change from one plan to the next.
        private func offersByName(_ table: String) -> [RollupOffer] { (offers[table] ?? []).sorted { $0.name < $1.name } }

        /// By what is read; where that may not be known, by how many keys there are.
        private static func cost(_ offer: RollupOffer) -> (Int, Int, String) {
            (offer.rowCount ?? 0, offer.statement.keys.count, offer.name)
        }

        /// A table of the new plan, with an identity of its own.
        private func reference(_ name: String, _ source: any TableSource) -> TableReference {
            defer { nextTable += 1 }
            return TableReference(name: name, source: source, identity: nextTable)
        }
    }
}
