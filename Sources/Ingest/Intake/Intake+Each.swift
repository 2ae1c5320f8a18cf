import Documents

/// Receipts that count each on their own: lines, and those of an envelope.
extension Intake {
    /// A receipt that counts on its own: read, or refused before that.
    enum Item: Sendable {
        case read(ReceiptResult, body: [UInt8])
    }

    /// Lines a part at a time: what is stored of one is not held while the next is read.
    ///
    /// - Complexity: a part holds at most 256 lines or some 4 MiB.
    func acceptLines(_ allowance: WorkAllowance, _ completion: @escaping @Sendable (IntakeOutcome) -> Void) {
        let results = EachResults(completion)
        var lines = BodyLines(request.body)
        var ranges: [Range<Int>] = []
        var numbers: [Int] = []
        var count = 0
        var byteCount = 0
        while count < Self.lineCountMax, let range = lines.next() {
            count += 1
            ranges.append(range)
            numbers.append(lines.number)
            byteCount += range.count
            if ranges.count >= Self.partRowCount || byteCount >= Self.partByteCount {
                acceptEach(items(ranges, allowance), numbers: numbers, results)
                (ranges, numbers, byteCount) = ([], [], 0)
            }
        }
        acceptEach(items(ranges, allowance), numbers: numbers, results)
        let rest = lines.rest()
        results.finish(beyondCount: rest.count, numbers: rest)
    }

    /// Reads lines: each by itself, but for rules that wait for each other.
    ///
    /// - Parameter ranges: of the body. A line that is too long is refused unread.
    /// - Returns: an item for each, in order.
    func items(_ ranges: [Range<Int>], _ allowance: WorkAllowance) -> [Item] {
        // Too long for a document, whatever is in it: it is not even copied.
        let bodies = ranges.compactMap { $0.count <= parts.documentByteCountMax ? Array(request.body[$0]) : nil }
        let isAllowed = Result { try checkTypeAllowed(request.type) }
        var readings: ArraySlice<Result<DocumentReading, any Error>> = []
        switch isAllowed {
        case .success: readings = parts.reader.readJSON(bodies) { _ in readingOptions(allowance) }[...]
        case .failure(let error): readings = bodies.map { _ in .failure(error) }[...]
        }
        var rest = bodies[...]
        return ranges.map { range in
            guard range.count <= parts.documentByteCountMax, let body = rest.popFirst(), let reading = readings.popFirst() else {
                let problem = Fault(.tooLarge, "a document of \(range.count) bytes; \(parts.documentByteCountMax) are allowed")
                return .read(.refused(problem, type: request.type, document: .own([])), body: [])
            }
            return item(reading, body)
        }
    }

    private func item(_ reading: Result<DocumentReading, any Error>, _ body: [UInt8]) -> Item {
        do {
            let reading = try reading.get()
            // An array or an envelope is none, though it may hold one: what is stored is the line.
            guard case .single = reading.shape, reading.receipts.count == 1, let only = reading.receipts.first else {
                throw Fault(
                    .invalidDocument, "a line holds one document; send arrays and envelopes as bodies of their own",
                    errors: [.init(pointer: "", code: "not-one-document", message: "a line holds one document")])
            }
            return .read(only, body: body)
        } catch {
            return .read(.refused(Self.problem(error), type: request.type, document: .own(body)), body: body)
        }
    }

    /// Refused ones go to quarantine, accepted ones to the writer, 256 at a time; each result comes as its own commit ends.
    ///
    /// - Parameter numbers: of the lines; empty where they are no lines: then each has that of its place.
    func acceptEach(_ items: [Item], numbers: [Int] = [], _ results: EachResults) {
        let first = results.reserve(items.count, numbers: numbers)
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
                        let row = try row(receipt, in: body)
                        if row.kind.tableKind.comesOnceACall, let place = results.first(row.identity, at: first + index) {
                            throw Self.duplicate(pointer: "", of: "the one of line \(results.number(of: place))")
                        }
                        rows.append(row)
                    } catch let problem as Fault {
                        throw quarantined(problem, type: receipt.type.name, document: Self.bytes(receipt.document, in: body))
                    }
                    places.append(first + index)
                }
            } catch let refusal as KeptRefusal {
                kept.append((first + index, refusal.refused))
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

    /// - Precondition: `index` is of a row of the submission.
    private static func result(_ answer: Submission.Answer, _ index: Int) -> Result<Accepted, Fault> {
        switch answer {
        case .refused(let problem): .failure(problem)
        case .conflicts(let conflicts): .failure(differentDocument(ticketID: conflicts[0].ticketID))
        case .done(let outcomes):
            switch outcomes[index] {
            case .conflict(let ticketID): .failure(differentDocument(ticketID: ticketID))
            case .refused(let problem): .failure(problem)
            case .stored, .repeated: .success(outcomes[index].accepted)
            }
        }
    }
}
