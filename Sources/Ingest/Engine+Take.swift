import ColumnStore
import Synchronization

/// Documents in: read, decide whose they are, see whether they are known, hand them to the writer, answer.
extension Engine {
    package func take(_ request: TakeRequest, completion: @escaping @Sendable (TakeOutcome) -> Void) {
        do {
            guard request.principal.access == .readWrite else {
                throw Problem(.readOnly, "this key may read only; a contract with access read-write may post receipts")
            }
            let intake = Intake(engine: self, request: request)
            // A small body is read on the caller's thread, as far as that is soon done.
            if request.body.count <= Intake.inlineByteCountMax {
                let allowance = WorkAllowance(steps: Intake.inlineStepCount)
                let read = intake.read(allowance)
                if !allowance.isShort { return try intake.finish(read, completion) }
            }
            try takeInLane(intake, completion)
        } catch {
            completion(.refused(Intake.problem(error)))
        }
    }

    /// Receipts of one body that each count on their own, at most.
    package static var takenCountMax: Int { Intake.lineCountMax }

    private func takeInLane(_ intake: Intake, _ completion: @escaping @Sendable (TakeOutcome) -> Void) throws {
        var apart = intake
        apart.request.isAlone = false
        let intake = apart
        let job = IntakeLanes.Job(
            run: {
                do {
                    let isOfMany = intake.request.form == .ndjson || intake.request.form == .csv
                    let allowance = WorkAllowance(byteCount: intake.request.body.count, isOfManyDocuments: isOfMany)
                    if intake.request.form == .ndjson { return intake.takeLines(allowance, completion) }
                    try intake.finish(intake.read(allowance), completion)
                } catch {
                    completion(.refused(Intake.problem(error)))
                }
            },
            refuse: { completion(.refused(Problem(.overloaded, "the store closes: send it again"))) })
        guard lanes.submit(for: intake.request.principal.clientID ?? "", job) else {
            throw Problem(.overloaded, "too many documents that take long wait to be checked: send it again later")
        }
    }
}

/// One POST on its way in.
struct Intake: Sendable {
    let engine: Engine
    var request: TakeRequest

    /// Larger bodies go to threads of their own at once.
    static let inlineByteCountMax = 64 << 10
    /// A few milliseconds, where an ordinary document takes a hundredth of it: `docs/decisions/0026-work-of-a-document.md`.
    static let inlineStepCount = 400_000
    /// Lines of an NDJSON body, and receipts of an envelope that count each on its own.
    static let lineCountMax = 10_000
    /// Receipts that count each on their own go to the writer by so many, so that other connections come between.
    private static let partRowCount = 256
    /// Bytes of lines that are held at a time.
    private static let partByteCount = 4 << 20

    static func problem(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let error as SQLiteError where error.kind == .full || error.kind == .io:
            Problem(.diskFull, "the disk cannot be written: send it again later")
        case let error as SQLiteError where error.kind == .busy: Problem(.overloaded, "the store is busy: send it again")
        default: Problem(.internalError, "the receipt could not be taken, and nothing of it is stored: send it again", cause: "\(error)")
        }
    }

    func readingOptions(_ allowance: WorkAllowance? = nil) -> ReadingOptions {
        var options = ReadingOptions(
            type: request.type, now: engine.options.hot.clock.now(), documentByteCountMax: engine.options.documentByteCountMax,
            eachCountMax: Self.lineCountMax)
        options.allowance = allowance
        return options
    }

    // MARK: One body

    /// A body that is read, and of which nothing is stored or kept yet.
    enum Read {
        case document(Result<DocumentReading, any Error>)
        case lines([Item], beyondCount: Int)
    }

    /// Reads the body. When `allowance` was too short for it, that was all: it can be read again with more.
    func read(_ allowance: WorkAllowance) -> Read {
        guard request.form != .ndjson else {
            var lines = BodyLines(request.body)
            var items: [Item] = []
            while items.count < Self.lineCountMax, !allowance.isShort, let range = lines.next() { items.append(line(range, allowance)) }
            return .lines(items, beyondCount: allowance.isShort ? 0 : lines.countRest())
        }
        return .document(
            Result {
                try checkTypeAllowed(request.type)
                let options = readingOptions(allowance)
                switch request.form {
                case .xml: return try engine.reader.readXML(request.body, options)
                case .csv: return try engine.reader.readCSV(request.body, options)
                case .json, .ndjson: return try engine.reader.readJSON(request.body, options)
                }
            })
    }

    func finish(_ read: Read, _ completion: @escaping @Sendable (TakeOutcome) -> Void) throws {
        switch read {
        case .document(let result): try takeDocument(result, completion)
        case .lines(let items, let beyondCount):
            let results = EachResults(completion)
            takeEach(items, results)
            results.finish(beyondCount: beyondCount)
        }
    }

    private func takeDocument(_ result: Result<DocumentReading, any Error>, _ completion: @escaping @Sendable (TakeOutcome) -> Void) throws {
        let reading: DocumentReading
        do {
            reading = try result.get()
        } catch let problem as Problem {
            throw try quarantined(problem, type: request.type, document: request.body)
        }
        switch reading.shape {
        case .single where reading.receipts.count == 1:
            switch reading.receipts[0] {
            case .refused(let problem, let type, _):
                try checkMeantType(type)
                throw try quarantined(problem, type: type, document: request.body)
            case .accepted(let receipt):
                let row: HotRow
                do {
                    row = try self.row(receipt, in: request.body)
                } catch let problem as Problem {
                    throw try quarantined(problem, type: receipt.type.name, document: request.body)
                }
                submit([row]) { answer in completion(Self.single(answer)) }
            }
        case .single, .batch: try takeBatch(reading.receipts, completion)
        case .each:
            let results = EachResults(completion)
            takeEach(reading.receipts.map { .read($0, body: request.body) }, results)
            results.finish(beyondCount: reading.beyondCount)
        }
    }

    private static func single(_ answer: Submission.Answer) -> TakeOutcome {
        switch answer {
        case .refused(let problem): .refused(problem)
        case .conflicts(let conflicts): .refused(differentDocument(ticketID: conflicts[0].ticketID))
        case .done(let outcomes): .one(outcomes[0].taken)
        }
    }

    static let differentDocument = Problem(
        .differentDocument, "another document is stored under this receipt's id and day; a correction needs an id of its own")

    /// With the ticket of what is stored: whoever posts under an identity may see what has it.
    private static func differentDocument(ticketID: String) -> Problem {
        var problem = differentDocument
        problem.ticketID = ticketID
        return problem
    }

    // MARK: All or nothing

    private func takeBatch(_ results: [ReceiptResult], _ completion: @escaping @Sendable (TakeOutcome) -> Void) throws {
        var rows: [HotRow] = []
        var places: [Int] = []
        var faults: [Problem] = []
        var seen: [ReceiptIdentity: Int] = [:]
        for (index, result) in results.enumerated() {
            switch result {
            case .refused(let problem, let type, _):
                // Who may not post a receipt may not post the array.
                try checkMeantType(type)
                faults.append(Self.placed(problem, at: index))
            case .accepted(let receipt):
                do {
                    let row = try row(receipt, in: request.body)
                    if let first = seen.updateValue(index, forKey: row.identity) {
                        faults.append(
                            Problem(
                                .invalidDocument, "",
                                errors: [.init(pointer: "/\(index)", code: "duplicate-in-batch", message: "the same receipt as /\(first)")]))
                    }
                    rows.append(row)
                    places.append(index)
                } catch let problem as Problem {
                    // Who may not post a receipt may not post the array.
                    if ProblemClass(problem.slug) == .access { throw problem }
                    faults.append(Self.placed(problem, at: index))
                }
            }
        }
        guard faults.isEmpty else {
            faults += try conflicts(rows).map { Problem(.differentDocument, "", errors: [Self.conflict(at: places[$0.place], ticketID: $0.ticketID)]) }
            let count = faults.reduce(0) { $0 + $1.errors.count }
            let problem = Problem(
                .invalidDocument, "nothing was stored: \(count) fault\(count == 1 ? "" : "s") in \(results.count) receipts",
                errors: faults.flatMap(\.errors))
            throw try quarantined(problem, type: request.type, document: request.body)
        }
        submit(rows) { answer in
            switch answer {
            case .refused(let problem): completion(.refused(problem))
            case .done(let outcomes): completion(.batch(outcomes.map(\.taken)))
            case .conflicts(let conflicts):
                let errors = conflicts.map { Self.conflict(at: $0.place, ticketID: $0.ticketID) }
                completion(.refused(Problem(.differentDocument, "nothing was stored: other documents are stored under the same ids", errors: errors)))
            }
        }
    }

    private static func conflict(at index: Int, ticketID: String) -> Problem.Violation {
        .init(pointer: "/\(index)", code: "different-document", message: "\(differentDocument.detail); the stored one has the ticket \(ticketID)")
    }

    /// Rows under whose identities other documents are stored, as of now: of an array that is refused in any case.
    private func conflicts(_ rows: [HotRow]) throws -> [Submission.Conflict] {
        let earlier = try earlier(rows, engine.tier.boundary.snapshot(), except: nil)
        return rows.indices.compactMap { place in
            guard let stored = earlier[place], !stored.isOf(rows[place].sha256) else { return nil }
            return Submission.Conflict(place: place, ticketID: stored.summary.ticketID)
        }
    }

    /// A fault of one receipt of several, with pointers that say which.
    private static func placed(_ problem: Problem, at index: Int) -> Problem {
        var problem = problem
        if problem.errors.isEmpty {
            problem.errors = [.init(pointer: "", code: problem.slug.rawValue, message: problem.detail)]
        }
        problem.errors = problem.errors.map { .init(pointer: "/\(index)" + $0.pointer, code: $0.code, message: $0.message) }
        return problem
    }

    // MARK: Each on its own

    /// A receipt that counts on its own: read, or refused before that.
    enum Item: Sendable {
        case read(ReceiptResult, body: [UInt8])
    }

    /// Lines a part at a time: what is stored of one is not held while the next is read.
    func takeLines(_ allowance: WorkAllowance, _ completion: @escaping @Sendable (TakeOutcome) -> Void) {
        let results = EachResults(completion)
        var lines = BodyLines(request.body)
        var items: [Item] = []
        var count = 0
        var byteCount = 0
        while count < Self.lineCountMax, let range = lines.next() {
            count += 1
            items.append(line(range, allowance))
            byteCount += range.count
            if items.count >= Self.partRowCount || byteCount >= Self.partByteCount {
                takeEach(items, results)
                (items, byteCount) = ([], 0)
            }
        }
        takeEach(items, results)
        results.finish(beyondCount: lines.countRest())
    }

    private func line(_ range: Range<Int>, _ allowance: WorkAllowance) -> Item {
        // Too long for a document, whatever is in it: it is not even copied.
        guard range.count <= engine.options.documentByteCountMax else {
            let problem = Problem(.tooLarge, "a document of \(range.count) bytes; \(engine.options.documentByteCountMax) are allowed")
            return .read(.refused(problem, type: request.type, document: .own([])), body: [])
        }
        let bytes = Array(request.body[range])
        do {
            try checkTypeAllowed(request.type)
            let reading = try engine.reader.readJSON(bytes, readingOptions(allowance))
            guard reading.receipts.count == 1, case .some(let only) = reading.receipts.first, Self.isDocument(bytes) else {
                throw Problem(
                    .invalidDocument, "a line holds one document; send arrays and envelopes as bodies of their own",
                    errors: [.init(pointer: "", code: "not-one-document", message: "a line holds one document")])
            }
            return .read(only, body: bytes)
        } catch {
            return .read(.refused(Self.problem(error), type: request.type, document: .own(bytes)), body: bytes)
        }
    }

    /// Whether a line is no array.
    private static func isDocument(_ bytes: [UInt8]) -> Bool {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        return bytes[start...].first { $0 != 0x20 && $0 != 0x09 } != UInt8(ascii: "[")
    }

    private func takeEach(_ items: [Item], _ results: EachResults) {
        let first = results.reserve(items.count)
        var rows: [HotRow] = []
        var places: [Int] = []
        var kept: [(place: Int, refused: Quarantine.Refused)] = []
        for (index, item) in items.enumerated() {
            do {
                switch item {
                case .read(.refused(let problem, let type, let document), let body):
                    try checkMeantType(type)
                    guard let refused = refused(problem, type: type, document: Self.bytes(document, in: body)) else { throw problem }
                    kept.append((first + index, refused))
                case .read(.accepted(let receipt), let body):
                    do {
                        rows.append(try row(receipt, in: body))
                    } catch let problem as Problem {
                        throw try quarantined(problem, type: receipt.type.name, document: Self.bytes(receipt.document, in: body))
                    }
                    places.append(first + index)
                }
            } catch {
                results.set(first + index, .failure(Self.problem(error)))
            }
        }
        keep(kept, results)
        for start in stride(from: 0, to: rows.count, by: Self.partRowCount) {
            let part = start..<min(start + Self.partRowCount, rows.count)
            let targets = Array(places[part])
            submit(Array(rows[part]), isAtomic: false) { answer in
                results.set(targets.enumerated().map { offset, target in (target, Self.result(answer, offset)) })
            }
        }
    }

    private static func result(_ answer: Submission.Answer, _ index: Int) -> Result<Taken, Problem> {
        switch answer {
        case .refused(let problem): .failure(problem)
        case .conflicts(let conflicts): .failure(differentDocument(ticketID: conflicts[0].ticketID))
        case .done(let outcomes):
            switch outcomes[index] {
            case .conflict(let ticketID): .failure(differentDocument(ticketID: ticketID))
            case .stored, .repeated: .success(outcomes[index].taken)
            }
        }
    }

    // MARK: Steps of all ways

    private func checkTypeAllowed(_ type: String?) throws {
        // The client named it: so may the answer.
        guard let type, let allowed = request.principal.types, !allowed.contains(type) else { return }
        throw Problem(.typeNotAllowed, "the contract does not name the type \(type)")
    }

    /// A refusal names the type that was meant, and its faults: not to who may not know that there is such a type.
    private func checkMeantType(_ type: String?) throws {
        guard let type, let allowed = request.principal.types, !allowed.contains(type) else { return }
        throw Problem(.typeNotAllowed, "the contract does not name the type of this document")
    }

    /// Types that match alike are named to who may know them all.
    private func disclosed(_ problem: Problem) -> Problem {
        guard problem.slug == .ambiguousType, request.principal.types != nil else { return problem }
        return Problem(.ambiguousType, "several types match this document alike; name one with ?type=")
    }

    private func row(_ receipt: ExtractedReceipt, in body: [UInt8]) throws -> HotRow {
        try checkMeantType(receipt.type.name)
        let client = try owner(of: receipt)
        let document = Self.bytes(receipt.document, in: body)
        let (stored, coding) = try engine.tier.dictionaries.compress(document, type: receipt.type.name)
        let callbackURL = request.callbackURL ?? receipt.callbackURL
        let process = try engine.process(stages: receipt.type.register, client: client, callbackURL: callbackURL, trace: request.trace)
        return HotRow(
            kind: engine.kinds.kind(receipt.type, contentType: contentType), client: client, receipt: receipt.receiptID,
            businessDay: receipt.businessDay, issuedAt: receipt.issuedAt, values: receipt.row, sha256: SHA256.hash(document),
            storedDocument: stored, documentByteCount: document.count, coding: coding,
            callbackURL: callbackURL, state: receipt.type.register.isEmpty ? .complete : .processing, process: process,
            isReadable: DocumentValues.canRead(receipt.type))
    }

    /// Whose receipt it is: `?client=`, else the document's own word, else the contract's.
    func owner(of receipt: ExtractedReceipt) throws -> [UInt8] {
        let principal = request.principal
        let asked = request.client.map { Array($0.utf8) }
        if let asked, let mapped = receipt.clientID, asked != mapped {
            throw Problem(
                .wrongClient,
                "the document names the client \(String(decoding: mapped.prefix(200), as: UTF8.self)), the request \(String(decoding: asked, as: UTF8.self))")
        }
        guard let client = asked ?? receipt.clientID ?? principal.clientID.map({ Array($0.utf8) }) else {
            throw Problem(
                .badParameter, "whose receipt is it? This key writes for every client: name one",
                errors: [.init(pointer: "/client", code: "required", message: "a client is wanted, since this key writes for every client")])
        }
        guard Self.isID(client) else {
            throw Problem(
                .badParameter, "a client id has 1 to 200 bytes and no control characters",
                errors: [.init(pointer: "/client", code: "bad-id", message: "1 to 200 bytes, no control characters")])
        }
        let own = principal.clientID.map { Array($0.utf8) }
        if let own, own == client { return client }
        guard principal.scope == .all else { throw Problem(.wrongClient, "this key writes for its own client only") }
        guard !engine.options.clientsNeedContract || engine.catalog.contract(String(decoding: client, as: UTF8.self)) != nil else {
            throw Problem(.notFound, "the client \(String(decoding: client, as: UTF8.self)) has no contract")
        }
        return client
    }

    static func isID(_ bytes: some Collection<UInt8>) -> Bool {
        (1...200).contains(bytes.count) && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    static func bytes(_ document: ReceiptDocument, in body: [UInt8]) -> [UInt8] {
        switch document {
        case .own(let bytes): bytes
        case .body(let range): range == 0..<body.count ? body : Array(body[range])
        }
    }

    private var contentType: String { StoredContentType.text(request.form, request.contentType) }

    /// Looks where the writer does not, then hands the rows to it.
    private func submit(
        _ rows: [HotRow], isAtomic: Bool = true, _ completion: @escaping @Sendable (Submission.Answer) -> Void
    ) {
        do {
            let snapshot = engine.tier.boundary.snapshot()
            let open = snapshot.files.last { !$0.state.isSealed }
            let earlier = try earlier(rows, snapshot, except: open)
            engine.tier.writer.submit(
                Submission(rows: rows, earlier: earlier, generation: snapshot.generation, isAtomic: isAtomic, completion: checked(rows, completion)),
                isAlone: request.isAlone && rows.count == 1 && isAtomic)
        } catch {
            completion(.refused(Self.problem(error)))
        }
    }

    /// A problem with its quarantine entry, where it is one that is kept.
    private func quarantined(_ problem: Problem, type: String?, document: [UInt8]) throws -> Problem {
        guard let refused = refused(problem, type: type, document: document) else { return problem }
        var problem = refused.problem
        problem.note(ticketID: try engine.quarantine.add([refused])[0])
        return problem
    }

    /// What the quarantine keeps of a refusal; nil when it is about something else than the bytes.
    func refused(_ problem: Problem, type: String?, document: [UInt8]) -> Quarantine.Refused? {
        guard ProblemClass(problem.slug) == .document else { return nil }
        let problem = disclosed(problem)
        let principal = request.principal
        let client = principal.scope == .all ? request.client ?? principal.clientID : principal.clientID
        return Quarantine.Refused(client: client, contentType: contentType, type: type, problem: problem, document: document)
    }

    /// Puts many refusals into quarantine at once, and their tickets into the results.
    private func keep(_ kept: [(place: Int, refused: Quarantine.Refused)], _ results: EachResults) {
        if kept.isEmpty { return }
        do {
            results.set(
                zip(kept, try engine.quarantine.add(kept.map(\.refused))).map { entry, ticket in
                    var problem = entry.refused.problem
                    problem.note(ticketID: ticket)
                    return (entry.place, .failure(problem))
                })
        } catch {
            results.set(kept.map { ($0.place, .failure(Self.problem(error))) })
        }
    }
}

extension Problem {
    /// Of the quarantine's entry; nil when it took none.
    mutating func note(ticketID: String?) {
        self.ticketID = ticketID
        if ticketID == nil { detail += " (not kept in quarantine: larger than quarantine_max_bytes)" }
    }
}

/// What a refusal is about.
enum ProblemClass {
    /// The bytes: kept in quarantine.
    case document
    /// Who sent it.
    case access
    case other

    init(_ slug: Problem.Slug) {
        switch slug {
        case .badJSON, .badXML, .badEncoding, .unknownType, .ambiguousType, .invalidDocument, .callbackHostNotAllowed, .numericOverflow,
            .dataError: self = .document
        case .readOnly, .wrongClient, .typeNotAllowed, .contractNotValid, .unauthenticated, .notFound, .badParameter: self = .access
        default: self = .other
        }
    }
}

extension Submission.Outcome {
    /// - Precondition: no conflict.
    var taken: Taken {
        switch self {
        case .stored(let receipt): Taken(summary: receipt.summary, isRepeat: false)
        case .repeated(let receipt): Taken(summary: receipt.summary, isRepeat: true)
        case .conflict: preconditionFailure("a conflict is no receipt")
        }
    }
}
