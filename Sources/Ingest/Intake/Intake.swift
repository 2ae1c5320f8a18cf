import ColumnStore
import Documents

/// One POST on its way in.
///
/// A value for one request: read (`read`), its rows made, submitted, answered. It may be read twice: with few steps on the caller's thread, with
/// more in the pool. Nothing is stored before `finish`.
struct Intake: Sendable {
    let parts: IntakeParts
    var request: IntakeRequest
    /// Before any type is looked at: what is refused was judged by versions up to this one, or by later ones.
    let typesPlace: Int64

    init(parts: IntakeParts, request: IntakeRequest) {
        (self.parts, self.request) = (parts, request)
        typesPlace = parts.types.place
    }

    /// Larger bodies go to threads of their own at once.
    static let inlineByteCountMax = 64 << 10
    /// A few milliseconds, where an ordinary document takes a hundredth of it: `docs/decisions/0026-work-of-a-document.md`.
    static let inlineStepCount = 400_000
    /// Lines of an NDJSON body, and receipts of an envelope that count each on its own.
    static let lineCountMax = 10_000
    /// Receipts that count each on their own go to the writer by so many, so that other connections come between.
    static let partRowCount = 256
    /// Bytes of lines that are held at a time.
    static let partByteCount = 4 << 20

    /// An error as a fault. What is nobody's business outside stands in its `cause`, for the log.
    static func problem(_ error: any Error) -> Fault {
        switch error {
        case let problem as Fault: problem
        case let damaged as any DamageReport: damaged.fault
        case let error as SQLiteError where error.kind == .full || error.kind == .io:
            Fault(.diskFull, "the disk cannot be written: send it again later")
        case let error as SQLiteError where error.kind == .busy: Fault(.overloaded, "the store is busy: send it again")
        default: Fault(.internalError, "the receipt could not be taken, and nothing of it is stored: send it again", cause: "\(error)")
        }
    }

    /// - Parameter allowance: of work; nil for as much as the body's bytes allow.
    func readingOptions(_ allowance: WorkAllowance? = nil) -> ReadingOptions {
        var options = ReadingOptions(
            type: request.type, now: parts.clock.now(), documentByteCountMax: parts.documentByteCountMax,
            eachCountMax: Self.lineCountMax)
        options.allowance = allowance
        if request.form == .csv {
            options.knownTypes = request.principal.types.map { Set($0) }
            options.charset = StoredContentType.charset(request.contentType)
        }
        return options
    }

    // MARK: One body

    /// A body that is read, and of which nothing is stored or kept yet.
    enum Read {
        case document(Result<DocumentReading, any Error>)
        case lines([Item], numbers: [Int], beyond: LineNumbers)
    }

    /// Reads the body. When `allowance` was too short for it, that was all: it can be read again with more.
    func read(_ allowance: WorkAllowance) -> Read {
        if let refusal = request.refusal { return .document(.failure(refusal)) }
        guard request.form != .ndjson else {
            var lines = BodyLines(request.body)
            var items: [Item] = []
            var numbers: [Int] = []
            // A part at a time: once the work was too much, there is no use in more.
            while items.count < Self.lineCountMax, !allowance.isShort {
                var ranges: [Range<Int>] = []
                while ranges.count < min(Self.partRowCount, Self.lineCountMax - items.count), let range = lines.next() {
                    ranges.append(range)
                    numbers.append(lines.number)
                }
                if ranges.isEmpty { break }
                items += self.items(ranges, allowance)
            }
            return .lines(items, numbers: numbers, beyond: allowance.isShort ? LineNumbers() : lines.rest())
        }
        return .document(
            Result {
                try checkTypeAllowed(request.type)
                let options = readingOptions(allowance)
                switch request.form {
                case .xml: return try parts.reader.readXML(request.body, options)
                case .csv: return try parts.reader.readCSV(request.body, options)
                case .json, .ndjson: return try parts.reader.readJSON(request.body, options)
                }
            })
    }

    /// - Parameter completion: called once, unless this throws.
    /// - Throws: `Fault`, or `KeptRefusal` for what is to be kept before it is answered.
    func finish(_ read: Read, _ completion: @escaping @Sendable (IntakeOutcome) -> Void) throws {
        switch read {
        case .document(let result): try acceptDocument(result, completion)
        case .lines(let items, let numbers, let beyond):
            let results = EachResults(completion)
            acceptEach(items, numbers: numbers, results)
            results.finish(beyondCount: beyond.count, numbers: beyond)
        }
    }

    private func acceptDocument(_ result: Result<DocumentReading, any Error>, _ completion: @escaping @Sendable (IntakeOutcome) -> Void) throws {
        let reading: DocumentReading
        do {
            reading = try result.get()
        } catch let problem as Fault {
            throw quarantined(problem, type: request.type, document: request.body)
        }
        switch reading.shape {
        case .single where reading.receipts.count == 1:
            switch reading.receipts[0] {
            case .refused(let problem, let type, _):
                try checkMeantType(type)
                throw quarantined(problem, type: type, document: request.body)
            case .accepted(let receipt):
                let row: HotRow
                do {
                    row = try self.row(receipt, in: request.body)
                } catch let problem as Fault {
                    throw quarantined(problem, type: receipt.type.name, document: request.body)
                }
                submit([row]) { answer in completion(Self.single(answer)) }
            }
        case .single, .batch: try acceptBatch(reading.receipts, completion)
        case .each:
            let results = EachResults(completion)
            acceptEach(reading.receipts.map { .read($0, body: request.body) }, results)
            results.finish(beyondCount: reading.beyondCount)
        }
    }

    private static func single(_ answer: Submission.Answer) -> IntakeOutcome {
        switch answer {
        case .refused(let problem): .refused(problem)
        case .conflicts(let conflicts): .refused(differentDocument(ticketID: conflicts[0].ticketID))
        case .done(let outcomes): .one(outcomes[0].accepted)
        }
    }

    static let differentDocument = Fault(
        .differentDocument, "another document is stored under this receipt's id and day; a correction needs an id of its own")

    /// With the ticket of what is stored: whoever posts under an identity may see what has it.
    static func differentDocument(ticketID: String) -> Fault {
        var problem = differentDocument
        problem.ticketID = ticketID
        return problem
    }

    // MARK: All or nothing

    /// All faults of all receipts are reported; with one of them nothing is stored. What is refused is kept as a whole.
    private func acceptBatch(_ results: [ReceiptResult], _ completion: @escaping @Sendable (IntakeOutcome) -> Void) throws {
        var rows: [HotRow] = []
        var places: [Int] = []
        var faults: [Fault] = []
        var seen: [ReceiptIdentity: Int] = [:]
        for (index, result) in results.enumerated() {
            switch result {
            case .refused(let problem, let type, _):
                // Who may not post a receipt may not post the array.
                do { try checkMeantType(type) } catch let problem as Fault { throw Self.placed(problem, at: index) }
                faults.append(Self.placed(problem, at: index))
            case .accepted(let receipt):
                do {
                    let row = try row(receipt, in: request.body)
                    if let first = seen.updateValue(index, forKey: row.identity) {
                        faults.append(Self.duplicate(pointer: "/\(index)", of: "/\(first)"))
                    }
                    rows.append(row)
                    places.append(index)
                } catch let problem as Fault {
                    // Who may not post a receipt may not post the array.
                    if FaultClass(problem.code) == .access { throw problem.code == .badParameter ? problem : Self.placed(problem, at: index) }
                    // No receipt's fault, and that of all: the request names the URL.
                    if problem.code == .callbackHostNotAllowed, request.callbackURL != nil {
                        throw quarantined(problem, type: receipt.type.name, document: request.body)
                    }
                    faults.append(Self.placed(problem, at: index))
                }
            }
        }
        guard faults.isEmpty else {
            faults += try conflicts(rows).map { Fault(.differentDocument, "", errors: [Self.conflict(at: places[$0.place], ticketID: $0.ticketID)]) }
            let count = faults.reduce(0) { $0 + $1.errors.count }
            let problem = Fault(
                .invalidDocument, "nothing was stored: \(count) fault\(count == 1 ? "" : "s") in \(results.count) receipt\(results.count == 1 ? "" : "s")",
                errors: faults.flatMap(\.errors))
            throw quarantined(problem, type: request.type, document: request.body)
        }
        submit(rows) { answer in
            switch answer {
            case .refused(let problem): completion(.refused(problem))
            case .done(let outcomes): completion(.batch(outcomes.map(\.accepted)))
            case .conflicts(let conflicts):
                let errors = conflicts.map { Self.conflict(at: $0.place, ticketID: $0.ticketID) }
                completion(.refused(Fault(.differentDocument, "nothing was stored: other documents are stored under the same ids", errors: errors)))
            }
        }
    }

    /// A receipt that a body brings twice.
    static func duplicate(pointer: String, of first: String) -> Fault {
        let message = "the same receipt as \(first)"
        return Fault(.invalidDocument, message, errors: [.init(pointer: pointer, code: "duplicate-in-batch", message: message)])
    }

    private static func conflict(at index: Int, ticketID: String) -> Fault.Violation {
        .init(pointer: "/\(index)", code: "different-document", message: "\(differentDocument.detail); the stored one has the ticket \(ticketID)")
    }

    /// Rows under whose identities other documents are stored, as of now: of an array that is refused in any case.
    private func conflicts(_ rows: [HotRow]) throws -> [Submission.Conflict] {
        let earlier = try earlier(rows, parts.tier.boundary.snapshot(), except: nil)
        return rows.indices.compactMap { place in
            // A version follows whatever is stored.
            guard rows[place].version == nil, let stored = earlier[place], !stored.isOf(rows[place].sha256) else { return nil }
            return Submission.Conflict(place: place, ticketID: stored.summary.ticketID)
        }
    }

    /// A fault of one receipt of several, with pointers that say which.
    private static func placed(_ problem: Fault, at index: Int) -> Fault {
        var problem = problem
        if problem.errors.isEmpty {
            problem.errors = [.init(pointer: "", code: problem.code.rawValue, message: problem.detail)]
        }
        problem.errors = problem.errors.map { .init(pointer: "/\(index)" + $0.pointer, code: $0.code, message: $0.message) }
        return problem
    }
}
