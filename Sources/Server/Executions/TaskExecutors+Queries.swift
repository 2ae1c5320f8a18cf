internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes
internal import Query

/// Questions in SQL, and exports, as tasks.
extension TaskExecutors {
    /// `till:sql`: `{"columns", "rows"}`, up to what a value may have.
    func rows(_ work: TaskWork) throws -> TaskEnding {
        let request = try Self.question(work.call.input, ["query", "params", "time_zone"])
        let principal = try principal(of: work)
        let watch = try QueryWatch(context.queries, try RunningQuery(id: nil, asker: principal, text: request.query), whenGone: { _ in })
        defer { watch.end() }
        do {
            let answer = try context.queries.start(request, as: principal, watch)
            defer { answer.stream.cancel() }
            let bytes = try SQLRunner(engine: context.queries.engine).document(answer, byteCountMax: ValueLimits.byteCountMax)
            let page = try JSONParser.parse(bytes)
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

    private static let itemCountMax = 1_000
    /// Of a page: a value has at most twice as many.
    private static let itemByteCountMax = 512 << 10

    /// Rows for a Map, each as an object, from the one on that it asks for: pages of one walk over one state of the store. After a restart the walk begins anew
    /// and passes over what was had, so that an answer without an order of its own may differ by then.
    func items(_ work: TaskWork) throws -> TaskEnding {
        var request = try Self.question(work.call.input, ["query", "params", "time_zone"])
        let wanted = work.call.firstItem ?? 0
        let principal = try principal(of: work)
        let name = Self.walkName(work)
        var (place, cursor) = walks.place(of: name, at: wanted)
        while true {
            request.limit = min(Self.itemCountMax, place < wanted ? min(SQLRequest.limitMax, wanted - place) : Self.itemCountMax)
            request.cursor = cursor
            let (rows, next) = try page(request, as: principal)
            cursor = next
            if place >= wanted || (place + rows.count <= wanted && next == nil) {
                var items: [JSONValue] = []
                var byteCount = 0
                for row in place >= wanted ? rows : [] {
                    byteCount += row.serialized.count
                    if byteCount > Self.itemByteCountMax, !items.isEmpty { break }
                    items.append(row)
                }
                let isWhole = items.count == rows.count || place < wanted
                if isWhole, let next { walks.note(name, at: place + rows.count, next) }
                return .succeeded(.object(["items": .array(items), "last": .boolean(isWhole && next == nil)]))
            }
            place += rows.count
        }
    }

    /// Records of an upload for a Map: `{"upload_id"}`, from the one on that it asks for.
    func records(_ work: TaskWork) throws -> TaskEnding {
        let input = work.call.input
        for member in input.members ?? [] where member.name != "upload_id" {
            throw Problem.parameter(member.name, "till:upload takes upload_id", code: "unknown-member")
        }
        guard let id = input["upload_id"]?.text else { throw Problem.parameter("upload_id", "the id of an upload is wanted", code: "required") }
        let wanted = work.call.firstItem ?? 0
        let name = Self.walkName(work)
        // Looked at each time: whoever started it may have lost its rights.
        let principal = try principal(of: work)
        let records = try recordWalks.take(name, at: wanted) ?? context.store.uploads.records(of: id, as: principal)
        try records.skip(to: wanted)
        let (items, isLast) = try records.page(countMax: Self.itemCountMax, byteCountMax: Self.itemByteCountMax)
        if !isLast { recordWalks.keep(name, records) }
        return .succeeded(.object(["items": .array(items), "last": .boolean(isLast)]))
    }

    /// A Map's, however many pages it asks for.
    private static func walkName(_ work: TaskWork) -> String { work.call.key.split(separator: ":").dropLast().joined(separator: ":") }

    private func page(_ request: SQLRequest, as principal: Principal) throws -> (rows: [JSONValue], cursor: String?) {
        let watch = try QueryWatch(context.queries, try RunningQuery(id: nil, asker: principal, text: request.query), whenGone: { _ in })
        defer { watch.end() }
        let page: JSONValue
        do {
            page = try JSONParser.parse(try context.queries.page(request, as: principal, watch, hold: { _ in }))
        } catch {
            throw watch.explained(error)
        }
        let names = (page["columns"]?.array ?? []).map { $0["name"]?.text ?? "" }
        let rows = (page["rows"]?.array ?? []).map { row in
            JSONValue.object(zip(names, row.array ?? []).map { JSONValue.Member($0, $1) })
        }
        return (rows, page["next_cursor"]?.text)
    }

    // MARK: Exports

    /// In microseconds.
    private static let exportPause: Int64 = 500_000

    /// `till:export`: asked for once for each attempt of a state, under an id that is made of its key, and looked at until it is there.
    func export(_ work: TaskWork) throws -> TaskEnding {
        let principal = try principal(of: work)
        let hash = SHA256.hash(Array("\(work.call.key):\(work.call.attempt)".utf8))
        let id = "e_" + Hex.text(Array(hash.prefix(12)))
        guard let export = try? context.store.exports.export(id, as: principal) else {
            let body = work.call.input
            guard let members = body.members else { throw Problem.parameter("", "till:export takes an object, not \(body.kind)") }
            for member in members where !ExportRequest.members.contains(member.name) {
                throw Problem.parameter(member.name, "an export has no such member", code: "unknown-member")
            }
            let request = try ExportRequest(body: body, as: principal)
            try context.exports.submit(
                Export(
                    id: id, owner: work.owner, name: request.name, format: request.format.rawValue, request: body.serialized, createdAt: CalendarText.now,
                    expiresIn: request.expiresIn))
            return .awaited(lookAgainAt: CalendarText.now + Self.exportPause)
        }
        switch export.state {
        case .running: return .awaited(lookAgainAt: CalendarText.now + Self.exportPause)
        case .done:
            let link = context.store.links.links.query(.export, subject: id, expiresAt: export.expiresAt ?? CalendarText.now)
            let url = context.exports.baseURL + "/v1/exports/\(id)/file" + link
            return .succeeded(.object(["export_id": .string(id), "url": .string(url), "rows": .integer(export.rowCount)]))
        case .error, .cancelled, .expired:
            let cause = export.problem.map { String(decoding: $0, as: UTF8.self) } ?? "the export is \(export.state.rawValue)"
            return .failed(StateError(name: StateError.Name.rejected.rawValue, cause: cause))
        }
    }
}
