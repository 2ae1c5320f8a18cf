internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// What somebody on call looks at first: what goes through, what was promised and kept, and what needs them.
enum OverviewRoute {
    /// What this call uses of the server.
    private struct Parts: Sendable {
        let queries: QueryService
        let letters: any DeadLetterReview
        let life: any StoreLife
        let levels: ServiceLevels
        let clientLevels: ClientLevels
        let usage: UsageMeter
        let growth: CountGrowth
        let figures: ServerFigures

        init(_ all: CallParts) {
            (queries, letters, life) = (all.queries, all.store.deadLetters, all.store.life)
            (levels, clientLevels, usage) = (all.levels, all.clientLevels, all.store.usage.usageMeter)
            (growth, figures) = (all.growth, all.figures)
        }
    }

    static let all: [Route] = [
        Route(
            .get, "/v1/overview", access: .reader, place: .control,
            operation: Operation(
                "overview", "The store at a glance: rates, times, promises kept, and what needs somebody. A contract sees its own figures: of its calls, receipts and dead letters.",
                answers: [.init(200, "It.", [.of(OverviewBody.self)])], problems: [.tooManyQueries, .queryTimeout]),
            uses: { Parts($0) }, handle: overview)
    ]

    /// Beyond these they are not counted on, for a contract.
    private static let deadLetterCountMax = 1_000
    /// A receipt that is not final for longer needs somebody. In microseconds.
    private static let patience: Int64 = 3_600 * 1_000_000
    /// Below it a promise of the last hour counts as broken, if it was asked for so often.
    private static let keptLeast = 0.99
    private static let askedLeast = 100

    /// Of all tables: types have others than `receipts`.
    private static let times = "\(StoreSchema.name).\"\(TicketViews.timesName)\""

    private static func overview(_ call: Call, _ parts: Parts) throws -> Response {
        let now = CalendarText.now
        var body = OverviewBody(at: now)
        body.oldestUnregisteredAt = try first(call, parts, "SELECT min(received_at) FROM \(times) WHERE state = 'PROCESSING'")?.text
        if call.principal.isAdmin { addStore(to: &body, parts) } else { try addOwn(to: &body, call, parts) }
        body.needs = needs(body, call, parts)
        return .json(body, reserving: 2_048).adding("Cache-Control", "no-store")
    }

    private static func addStore(to body: inout OverviewBody, _ parts: Parts) {
        let levels = parts.levels
        body.times = .init(p50: levels.postMilliseconds(0.5), p95: levels.postMilliseconds(0.95), p99: levels.postMilliseconds(0.99))
        body.promises = levels.kept(now: body.at).map { .init(kept: $0) }
        let metrics = parts.life.metrics()
        func sum(_ name: String, _ label: String? = nil) -> Int {
            let values = metrics.filter { metric in metric.name == name && (label == nil || metric.labels.contains { $0.value == label }) }.map(\.value)
            return Int(clampedFinite: values.reduce(0, +))
        }
        let rates = parts.growth.perSecond(
            now: SteadyClock.seconds(), [sum("receipts_stored_total"), sum("calls_total", "registrar"), sum("calls_total", "webhook")])
        body.rates = .init(receipts: rates[0], registrations: rates[1], deliveries: rates[2])
        body.deadLetters = sum("dead_letters")
        body.refused = sum("quarantine_entries")
        let memory = parts.queries.engine.memoryByteCounts
        body.store = .init(
            hotFiles: sum("hot_files"), hotDays: sum("hot_dates"), hotRows: sum("hot_rows"), dueFiles: sum("compaction_due_files"), dueRows: sum("compaction_due_rows"), diskFreeBytes: sum("disk_free_bytes"), memoryBytes: memory.used, memoryMaxBytes: memory.most,
            queriesRunning: parts.queries.runningCount)
        for metric in metrics where metric.name == "breaker_state" && metric.labels.contains(where: { $0.value == "registrar" }) {
            guard let name = metric.labels.first(where: { $0.name == "name" })?.value else { continue }
            let waiting = metrics.filter { $0.name == "queue_items" && $0.labels.contains { $0.name == "name" && $0.value == name } }.map(\.value).reduce(0, +)
            body.registrars.append(.init(name: name, state: metric.value >= 2 ? .open : metric.value >= 1 ? .halfOpen : .closed, waiting: Int(clampedFinite: waiting)))
        }
    }

    /// Of a contract's own receipts, or all where it sees them.
    private static func addOwn(to body: inout OverviewBody, _ call: Call, _ parts: Parts) throws {
        if let client = call.principal.identity.client {
            let (levels, now) = (parts.clientLevels, body.at)
            func time(_ share: Double) -> Double? { levels.postMilliseconds(share, of: client, now: now) }
            body.times = .init(p50: time(0.5), p95: time(0.95), p99: time(0.99))
            body.promises = levels.kept(of: client, now: now).map { .init(kept: $0) }
            body.rates.deliveries = Double(parts.usage.deliveriesOfLastMinute(of: client)) / 60
        }
        body.deadLetters = try deadLetterCount(call, parts.letters)
        func ofLastMinute(_ condition: String) throws -> Double {
            Double(try first(call, parts, "SELECT count(*) FROM \(times) WHERE \(condition) >= now() - INTERVAL '1 minute'")?.integer ?? 0) / 60
        }
        body.rates.receipts = try ofLastMinute("received_at")
        // What is registered nowhere is complete as it comes.
        body.rates.registrations = try ofLastMinute("completed_at > received_at AND completed_at")
    }

    /// At most `deadLetterCountMax`.
    private static func deadLetterCount(_ call: Call, _ letters: any DeadLetterReview) throws -> Int {
        var (count, cursor): (Int, String?) = (0, nil)
        repeat {
            let page = try call.exchange.asManyAsFit(deadLetterCountMax.subtractingSaturating(count)) { limit, room in
                try letters.deadLetters(client: nil, cursor: cursor, limit: limit, as: call.principal, hold: room.hold)
            }
            count += page.letters.count
            cursor = page.nextCursor
        } while cursor != nil && count < deadLetterCountMax
        return count
    }

    /// The first value of an answer; nil where it is NULL.
    private static func first(_ call: Call, _ parts: Parts, _ query: String) throws -> JSONValue? {
        let watch = try QueryWatch(
            parts.queries, try RunningQuery(id: nil, asker: call.principal, text: query), whenGone: call.exchange.whenGone)
        defer { watch.end() }
        let bytes = try parts.queries.page(SQLRequest(query: query), as: call.principal, watch, hold: call.exchange.holdAnswer)
        let value = try JSONParser.parse(bytes)["rows"]?.array?.first?.array?.first
        return value == .null ? nil : value
    }

    private static func needs(_ body: OverviewBody, _ call: Call, _ parts: Parts) -> [OverviewBody.Need] {
        var needs: [OverviewBody.Need] = []
        if body.deadLetters > 0 { needs.append(.init(code: "dead-letters", count: body.deadLetters, text: "dead letters wait for somebody")) }
        if let oldest = body.oldestUnregisteredAt.flatMap(CalendarText.instant), oldest < body.at - patience {
            needs.append(.init(code: "oldest-unregistered", count: 1, text: "a receipt is not registered for too long"))
        }
        guard call.principal.isAdmin else { return needs }
        let open = body.registrars.count { $0.state == .open }
        if open > 0 { needs.append(.init(code: "registrar", count: open, text: "registrars do not answer, and are held back")) }
        for problem in parts.figures.notReady { needs.append(.init(code: problem.slug.rawValue, count: 1, text: problem.detail)) }
        for text in parts.figures.degradations { needs.append(.init(code: "degraded", count: 1, text: text)) }
        for promise in body.promises.map(\.kept) where promise.hour.of >= askedLeast && Double(promise.hour.kept) < keptLeast * Double(promise.hour.of) {
            needs.append(.init(code: "promise-broken", count: promise.hour.of - promise.hour.kept, text: "a promise was broken in the last hour: \(promise.promise.name)"))
        }
        return needs
    }
}

extension Int {
    /// A figure as a whole number; what is none is 0.
    fileprivate init(clampedFinite value: Double) { self = value.isFinite ? Int(Swift.max(0, Swift.min(value, 1e18))) : 0 }
}
