internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes
internal import Query

/// `till:sql`: a question, or rows for a Map.
///
/// As a task it answers whole and small; as the source of a Map's items it answers page by page. Both take threads of the executors' pool, not of the
/// query service's, and are bounded by its time limits.
struct QueryTasks: ResourceExecutor {
    static let kind = ResourceKind("sql", uses: [.task, .items])
    private let parts: TaskParts
    private let share = TaskParts.Share()

    init(_ parts: TaskParts) { self.parts = parts }

    func concurrency(of name: String) -> Int { 2 }

    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        parts.onPool(share, end) {
            do {
                return work.call.firstItem == nil ? try rows(work) : try items(work)
            } catch let error as QueryError {
                guard let ending = Self.ending(of: error, tryCount: work.tryCount) else { throw error }
                return ending
            }
        }
    }

    /// Before a question is asked again, in microseconds: twice as long each time.
    private static let firstPause: Int64 = 10_000_000
    private static let pauseMax: Int64 = 3_600_000_000

    /// Where the disk for intermediate rows is full, or what queries may have of it is taken, the question is asked again: that may be others' doing, and whoever makes room finds the execution alive.
    /// It may be its own, too, and each attempt takes the room from others: pauses grow, to an hour.
    ///
    /// - Parameter tryCount: attempts that have failed before.
    /// - Returns: nil for what is wrong with the question itself.
    static func ending(of error: QueryError, tryCount: Int) -> TaskEnding? {
        guard error.slug == .spillFull, error.mayPass else { return nil }
        let pause = min(pauseMax, firstPause << Int64(min(max(tryCount, 0), 20)))
        return .later(at: CalendarText.now.addingSaturating(pause), reason: error.detail)
    }

    /// `{"columns", "rows"}`, up to what a value may have.
    private func rows(_ work: TaskWork) throws -> TaskEnding {
        let request = try Self.question(work.call.input, ["query", "params", "time_zone"])
        let principal = try parts.principal(of: work)
        let watch = try QueryWatch(parts.context.queries, try RunningQuery(id: nil, asker: principal, text: request.query), whenGone: { _ in })
        defer { watch.end() }
        do {
            let answer = try parts.context.queries.start(request, as: principal, watch)
            // `watch` keeps the stream until its end, so that the stream alone does not end its query: where a value would be too long it is ended here.
            defer { answer.stream.cancel() }
            let memory = AnswerMemory(parts.context.admission.ledger, of: principal)
            let bytes = try SQLRunner(engine: parts.context.queries.engine).document(answer, byteCountMax: ValueLimits.byteCountMax, hold: memory.set)
            let page = try AnswerValue.parse(bytes)
            return .succeeded(.object(["columns": page["columns"], "rows": page["rows"]]))
        } catch {
            throw watch.explained(error)
        }
    }

    private static func question(_ input: JSONValue, _ names: Set<String>) throws -> SQLRequest {
        guard let members = input.members else { throw Problem.parameter("", "till:sql takes an object with query and params, not \(input.kind)") }
        for member in members where !names.contains(member.name) {
            throw Problem.parameter(member.name, "till:sql takes query, params and time_zone", code: "unknown-member")
        }
        return try SQLRequest(body: input)
    }

    // MARK: Items

    /// Rows for a Map, each as an object, from the one on that it asks for: pages of one walk over one state of the store, also over restarts.
    ///
    /// A page says where the next one begins (`ItemPlace`). Where nothing is said, or the cursor is none any more, as once the owner's rights have changed, the walk begins anew and passes over
    /// what was had, so that an answer without an order of its own may differ by then.
    private func items(_ work: TaskWork) throws -> TaskEnding {
        let request = try Self.question(work.call.input, ["query", "params", "time_zone"])
        let wanted = work.call.firstItem ?? 0
        let principal = try parts.principal(of: work)
        var ending: TaskEnding?
        if let place = ItemPlace(work.call.place, upTo: wanted) {
            do { ending = try items(request, from: place, wanted, principal) } catch let problem as Problem {
                guard problem.slug == .badCursor else { throw problem }
            }
        }
        return try ending ?? items(request, from: ItemPlace(), wanted, principal)
    }

    /// 1. Rows before the first wanted one are read and dropped, up to 10,000 at a time.
    /// 2. A page whose items have too many bytes is asked for again with fewer rows: so it has a cursor at its end, and the next one reads the same state.
    private func items(_ asked: SQLRequest, from start: ItemPlace, _ wanted: Int, _ principal: Principal) throws -> TaskEnding {
        var (request, place) = (asked, start)
        while place.count < wanted {
            (request.limit, request.cursor) = (min(SQLRequest.limitMax, wanted - place.count), place.cursor)
            let (rows, next) = try page(request, as: principal)
            guard let next else { return Self.ending([], nil) }
            (place.count, place.cursor) = (place.count + rows.count, next)
        }
        (request.limit, request.cursor) = (place.limit, place.cursor)
        while true {
            let (rows, next) = try page(request, as: principal, byteCountMax: ItemPage.readByteCountMax)
            let fitting = ItemPage.fitting(rows)
            if fitting.count == rows.count {
                let limit = fitting.byteCount < ItemPage.byteCountMax / 2 ? min(ItemPage.countMax, 2 * request.limit) : request.limit
                return Self.ending(rows, next.map { ItemPlace(count: place.count + rows.count, cursor: $0, limit: limit) })
            }
            // Of a plan's text alone: it comes whole, whatever the limit.
            guard fitting.count < request.limit else { throw Problem(.tooLarge, "the plan is longer than a page of items may be, \(ItemPage.byteCountMax) bytes") }
            request.limit = fitting.count
        }
    }

    /// - Parameter next: nil behind the last row.
    private static func ending(_ items: [JSONValue], _ next: ItemPlace?) -> TaskEnding {
        .succeeded(.object(["items": .array(items), "last": .boolean(next == nil), "place": next?.value]))
    }

    /// A page of the query service's, read back from its JSON: rows as objects by the columns' names, of which none comes twice.
    ///
    /// - Parameter byteCountMax: about where it ends; nil: where every page of the service does.
    private func page(_ request: SQLRequest, as principal: Principal, byteCountMax: Int? = nil) throws -> (rows: [JSONValue], cursor: String?) {
        let watch = try QueryWatch(parts.context.queries, try RunningQuery(id: nil, asker: principal, text: request.query), whenGone: { _ in })
        defer { watch.end() }
        let memory = AnswerMemory(parts.context.admission.ledger, of: principal)
        let page: JSONValue
        do {
            page = try AnswerValue.parse(
                try parts.context.queries.page(request, as: principal, watch, byteCountMax: byteCountMax, heldByteCountMax: memory.byteCountMax, hold: memory.set))
        } catch {
            throw watch.explained(error)
        }
        // A member for each column, as in answers whose rows are objects: the second `a` is `a_2`.
        let names = ResultColumn.distinctNames((page["columns"]?.array ?? []).map { $0["name"]?.text ?? "" })
        let rows = (page["rows"]?.array ?? []).map { row in
            JSONValue.object(zip(names, row.array ?? []).map { JSONValue.Member($0, $1) })
        }
        return (rows, page["next_cursor"]?.text)
    }
}
