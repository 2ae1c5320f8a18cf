import Documents

/// Receipts that count each on their own: lines, and those of an envelope.
extension Intake {
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

    func line(_ range: Range<Int>, _ allowance: WorkAllowance) -> Item {
        // Too long for a document, whatever is in it: it is not even copied.
        guard range.count <= parts.documentByteCountMax else {
            let problem = Fault(.tooLarge, "a document of \(range.count) bytes; \(parts.documentByteCountMax) are allowed")
            return .read(.refused(problem, type: request.type, document: .own([])), body: [])
        }
        let bytes = Array(request.body[range])
        do {
            try checkTypeAllowed(request.type)
            let reading = try parts.reader.readJSON(bytes, readingOptions(allowance))
            guard reading.receipts.count == 1, case .some(let only) = reading.receipts.first, Self.isDocument(bytes) else {
                throw Fault(
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

    func takeEach(_ items: [Item], _ results: EachResults) {
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
                        let row = try row(receipt, in: body)
                        if row.kind.isVersioned, let place = results.first(row.identity, at: first + index) {
                            throw Self.duplicate(pointer: "", of: "the one of line \(place + 1)")
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

    private static func result(_ answer: Submission.Answer, _ index: Int) -> Result<Taken, Fault> {
        switch answer {
        case .refused(let problem): .failure(problem)
        case .conflicts(let conflicts): .failure(differentDocument(ticketID: conflicts[0].ticketID))
        case .done(let outcomes):
            switch outcomes[index] {
            case .conflict(let ticketID): .failure(differentDocument(ticketID: ticketID))
            case .refused(let problem): .failure(problem)
            case .stored, .repeated: .success(outcomes[index].taken)
            }
        }
    }
}
