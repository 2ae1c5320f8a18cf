internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// Many dead letters at once, by their ids or by what they have in common, at a pace that their registrar can bear.
enum RedriveRoute {
    /// What this call uses of the server.
    fileprivate struct Parts: Sendable {
        let letters: any DeadLetterReview
        let authorizer: Authorizer
        let background: BackgroundWork
        let log: Log
        let lots = RedriveLots()

        init(_ all: CallParts) {
            (letters, authorizer, background, log) = (all.store.deadLetters, all.authorizer, all.background, all.log)
        }
    }

    static let all: [Route] = [
        Route(
            .post, "/v1/dead-letters/redrive", access: .writer, place: .control, body: .small,
            operation: Operation(
                "redriveLot", "Tries a lot of dead letters again, so many a second; `count` is of those that there are and that the caller may see, each once. With dry_run they are counted only. A restart ends a lot, and so does the end of its key or contract, or of the right to write: what it left stays a dead letter. A credential has four lots under way at most.",
                body: [.json(schema)], answers: [.init(200, "How many they are.", [.of(LotBody.self)])], problems: [.wrongClient, .notFound, .diskFull], isAudited: true),
            uses: { Parts($0) }, handle: redrive)
    ]

    private static let schema = ##"{"type":"object","additionalProperties":false,"properties":{"ids":{"description":"Either these or filter.","type":["array","null"],"maxItems":10000,"items":{"type":"string"}},"filter":{"description":"What they have in common; an empty one means all. More than 100,000 at once are refused.","type":["object","null"],"additionalProperties":false,"properties":{"client":{"type":["string","null"]},"registrar":{"description":"The registrar, or callback or contract.","type":["string","null"]},"code":{"description":"A text that the reason has.","type":["string","null"]},"before":{"description":"Given up before then: a date or an instant.","type":["string","null"]}}},"per_second":{"type":["number","null"],"minimum":0.01,"maximum":1000,"default":10},"dry_run":{"type":["boolean","null"],"default":false}}}"##

    /// Ids of one call.
    private static let countMax = 10_000
    /// Of those that a filter takes: their ids are held until the last was sent.
    private static let matchCountMax = 100_000
    /// Read at a time.
    private static let pageCount = 1_000
    private static let usualRate = 10.0
    /// Slower a lot would not end, faster a registrar would not bear it. Between them a step's count and pause are ordinary numbers.
    private static let rates = 0.01...1_000.0

    private static func redrive(_ call: Call, _ parts: Parts) throws -> Response {
        let body = try call.object(members: ["ids", "filter", "per_second", "dry_run"])
        let (rate, isTrial) = (try rate(body["per_second"]), try isTrial(body[present: "dry_run"]))
        let wanted = try wanted(body, call, parts.letters)
        let count = wanted.ids.count
        if !isTrial, count > 0 {
            let rights = try parts.authorizer.lastingRights(of: try call.request.credential(), of: call.principal, for: call.route.access)
            RedriveLot(wanted, perSecond: rate, with: rights, in: try parts.lots.place(for: call.principal), parts).goOn()
        }
        call.exchange.auditDetail = "{\"count\":\(count)}"
        return .json(LotBody(count: count))
    }

    private static func isTrial(_ value: JSONValue?) throws -> Bool {
        guard let value else { return false }
        guard let isTrial = value.boolean else { throw Problem.parameter("dry_run", "true or false is wanted, not \(MemberReader.shown(value))", code: "type") }
        return isTrial
    }

    private static func rate(_ value: JSONValue?) throws -> Double {
        guard let value, value != .null else { return usualRate }
        guard case .number(let digits) = value, let rate = Double(digits), rates.contains(rate) else {
            throw Problem.parameter("per_second", "a number from \(rates.lowerBound) to \(rates.upperBound) is wanted, not \(MemberReader.shown(value))", code: "out-of-range")
        }
        return rate
    }

    /// Whoever names neither does not mean everything.
    private static func wanted(_ body: JSONValue, _ call: Call, _ letters: any DeadLetterReview) throws -> WantedLetters {
        let filter = body[present: "filter"]
        if let list = body[present: "ids"] {
            guard filter == nil else { throw Problem.parameter("filter", "either ids or filter is wanted", code: "contradiction") }
            guard let ids = list.array?.compactMap(\.text), ids.count == list.array?.count, ids.count <= countMax else {
                throw Problem.parameter("ids", "an array of at most \(countMax) ids is wanted", code: "type")
            }
            var seen: Set<String> = []
            var wanted = WantedLetters()
            try wanted.add(try ids.filter { id in try seen.insert(id).inserted && letters.deadLetter(id, as: call.principal) != nil }, call.memory)
            return wanted
        }
        guard let filter, filter.members != nil else { throw Problem.parameter("filter", "ids or filter is wanted; an empty filter means all", code: "required") }
        return try matching(try LotFilter(filter), call, letters)
    }

    private static func matching(_ filter: LotFilter, _ call: Call, _ letters: any DeadLetterReview) throws -> WantedLetters {
        if let client = filter.client { try check(client, call) }
        var wanted = WantedLetters()
        var cursor: String?
        repeat {
            let page = try call.exchange.asManyAsFit(pageCount) { limit, room in
                try letters.deadLetters(client: filter.client, cursor: cursor, limit: limit, as: call.principal, hold: room.hold)
            }
            try wanted.add(page.letters.filter(filter.takes).map(\.id), call.memory)
            cursor = page.nextCursor
            guard wanted.ids.count <= matchCountMax else {
                throw Problem.parameter("filter", "more than \(matchCountMax) dead letters are like that: narrow it by client, registrar, code or before", code: "out-of-range")
            }
        } while cursor != nil
        return wanted
    }

    private static func check(_ client: String, _ call: Call) throws {
        try Call.check(id: client, "filter/client")
        guard call.principal.rows.includes(ClientID(client)) else { throw Problem(.wrongClient, "this credential is of another client") }
    }
}

/// The letters of a lot, whose ids are held until the last was sent: for months, at the slowest pace.
private struct WantedLetters {
    private(set) var ids: [String] = []
    /// What they are charged to.
    private(set) var held: [MemoryLedger.Hold] = []

    /// Of an id beside its bytes.
    private static let idByteCount = 64

    /// - Parameter memory: of whose lot it is.
    mutating func add(_ more: [String], _ memory: (_ byteCount: Int) throws -> MemoryLedger.Hold?) throws {
        guard !more.isEmpty else { return }
        if let hold = try memory(more.reduce(0) { $0 + $1.utf8.count + Self.idByteCount }) { held.append(hold) }
        ids += more
    }
}

/// Lots that are under way.
private final class RedriveLots: Sendable {
    /// Of one credential.
    private static let ownCountMax = 4
    /// They take turns on one thread.
    private static let countMax = 32
    private let counts = Mutex<[Principal.Bearer: Int]>([:])

    /// A lot's place, given back with it.
    final class Place: Sendable {
        private let lots: RedriveLots
        private let bearer: Principal.Bearer

        fileprivate init(_ lots: RedriveLots, _ bearer: Principal.Bearer) { (self.lots, self.bearer) = (lots, bearer) }

        deinit { lots.leave(bearer) }
    }

    /// - Throws: `rate-limited`, `overloaded`.
    func place(for principal: Principal) throws -> Place {
        let bearer = principal.bearer
        let (own, all) = counts.withLock { counts in
            let (own, all) = (counts[bearer, default: 0], counts.values.reduce(0, +))
            if own < Self.ownCountMax, all < Self.countMax { counts[bearer] = own + 1 }
            return (own, all)
        }
        guard own < Self.ownCountMax else { throw Problem(.rateLimited, "\(own) lots of this credential are under way; wait for the end of one") }
        guard all < Self.countMax else { throw Problem(.overloaded, "\(all) lots of dead letters are under way; try again when one has ended") }
        return Place(self, bearer)
    }

    private func leave(_ bearer: Principal.Bearer) {
        counts.withLock { counts in
            let left = counts[bearer, default: 1] - 1
            counts[bearer] = left > 0 ? left : nil
        }
    }
}

/// What the letters of a lot have in common.
private struct LotFilter {
    let client: String?
    let registrar: String?
    let code: String?
    let before: Int64?

    init(_ body: JSONValue) throws {
        for member in body.members ?? [] where !["client", "registrar", "code", "before"].contains(member.name) {
            throw Problem.parameter("filter/\(member.name)", "a filter has no such member", code: "unknown-member")
        }
        func text(_ name: String) throws -> String? {
            guard let value = body[present: name] else { return nil }
            guard let text = value.text else { throw Problem.parameter("filter/\(name)", "a string is wanted, not \(value.kind)", code: "type") }
            return text
        }
        (client, registrar, code) = (try text("client"), try text("registrar"), try text("code"))
        before = try text("before").map { text in
            guard let instant = CalendarText.day(text).map({ Int64($0) * 86_400_000_000 }) ?? CalendarText.instant(text) else {
                throw Problem.parameter("filter/before", "an instant like 2026-11-20T12:00:00Z or a date is wanted, not \(MemberReader.shown(text))")
            }
            return instant
        }
    }

    func takes(_ letter: DeadLetter) -> Bool {
        (registrar == nil || letter.name == registrar) && (code.map { letter.reason.contains($0) } ?? true) && letter.at < before ?? .max
    }
}

/// Dead letters that are tried again a few at a time, until none is left or the server stops.
///
/// One step runs or waits at a time. Nothing of it is kept: what a stop leaves stays a dead letter, and can be asked for again. Each step has the rights that whoever asked has by then: a lot may go on for
/// longer than a contract or a key does.
private final class RedriveLot: Sendable {
    /// Between steps, in seconds, unless the pace asks for fewer.
    private static let step = 0.1

    private let left: Mutex<ArraySlice<String>>
    private let pause: Double
    private let countOfStep: Int
    /// Asked anew at each step.
    private let rights: @Sendable () throws -> Principal
    private let place: RedriveLots.Place
    private let held: [MemoryLedger.Hold]
    private let parts: RedriveRoute.Parts

    init(_ wanted: WantedLetters, perSecond rate: Double, with rights: @escaping @Sendable () throws -> Principal, in place: RedriveLots.Place, _ parts: RedriveRoute.Parts) {
        left = Mutex(wanted.ids[...])
        held = wanted.held
        // At 25 a second 2 each 0.1 s, which is 20: the pace is what may be asked of a registrar at most.
        pause = max(Self.step, 1 / rate)
        countOfStep = max(1, Int(rate * pause))
        (self.rights, self.place, self.parts) = (rights, place, parts)
    }

    /// The next few, on a thread that may wait.
    func goOn() {
        let isTaken = parts.background.apart { [self] in
            let ids = left.withLock { left in
                defer { left = left.dropFirst(countOfStep) }
                return Array(left.prefix(countOfStep))
            }
            do {
                let principal = try rights()
                for id in ids where !parts.background.isStopping { redrive(id, as: principal) }
                waitForNext()
            } catch {
                let problem = (error as? Denial)?.problem ?? ProblemMapping.problem(for: error)
                parts.log.info("a lot of dead letters was ended", ["reason": .text("\(problem.detail)")])
            }
        }
        if !isTaken { waitForNext() }
    }

    private func redrive(_ id: String, as principal: Principal) {
        do {
            try parts.letters.redrive(id, as: principal)
        } catch {
            parts.log.info("a dead letter of a lot was passed over", ["id": .text(id), "reason": .text("\(ProblemMapping.problem(for: error).detail)")])
        }
    }

    private func waitForNext() {
        guard !parts.background.isStopping, left.withLock({ !$0.isEmpty }) else { return }
        parts.background.later(pause) { [self] in goOn() }
    }
}
