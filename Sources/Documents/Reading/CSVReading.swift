/// One CSV body: a header and records, each a receipt.
///
/// Records are cut out one by one (`CSVReader`); each is read with the header as a document of its own, and each counts on its own: one that is
/// refused takes no other with it. The body's columns are found once for each type that may be meant (`Candidate`), as all records have one
/// header.
struct CSVReading {
    let body: UnsafeRawBufferPointer
    let snapshot: TypeRegistry.Snapshot
    let context: ExtractionContext
    let options: ReadingOptions
    /// Limits and the way to a result, as for all formats.
    private let steps: ReceiptSteps

    init(body: UnsafeRawBufferPointer, snapshot: TypeRegistry.Snapshot, context: ExtractionContext, options: ReadingOptions) {
        self.body = body
        self.snapshot = snapshot
        self.context = context
        self.options = options
        steps = ReceiptSteps(context: context, options: options)
    }

    /// - Returns: a result for each record up to `eachCountMax`, in order, faulty ones too.
    /// - Throws: `DocumentError` when there is no header.
    func read() throws -> DocumentReading {
        // By the body's bytes: the fault of a record that needs too much work says that it may be sent by itself.
        let allowance = options.allowance ?? WorkAllowance(byteCount: body.count, isOfManyDocuments: true)
        context.beginDocument(allowance, byteCount: body.count)
        defer { context.work.settle() }
        var reader = try CSVReader(body, delimiter: try delimiter())
        let candidates = candidates(reader)
        // Behind the header: the copies that records are read with.
        let header = reader
        func read(_ place: Place) -> ReceiptResult { receipt(place, header, candidates, allowance) }
        // Rules of many records are evaluated at once.
        var readings = WaitingReadings<Place, ReceiptResult>(context)
        var beyondCount = 0
        var madeByteCount = 0
        while true {
            let start = reader.offset
            do throws(DocumentError) {
                guard let record = try reader.nextRecord() else { break }
                // Counted, not kept: the body's last records are passed over for their number.
                if readings.results.count >= options.eachCountMax {
                    beyondCount += 1
                } else if madeByteCount > options.madeByteCountMax {
                    readings.append(.refused(steps.tooMuchMade, type: nil, document: .own([])))
                } else {
                    madeByteCount += record.range.count + reader.headerRange.count + 1
                    readings.add(Place(record: record, number: readings.results.count + 1), allowance, read)
                }
            } catch {
                if readings.results.count >= options.eachCountMax {
                    beyondCount += 1
                    continue
                }
                // What was cut out as far as the fault, so that it can be looked at.
                let document = madeByteCount > options.madeByteCountMax ? [] : reader.document(from: start)
                madeByteCount += document.count
                readings.append(.refused(Fault(error), type: nil, document: .own(document)))
            }
        }
        readings.finish(read)
        let results = readings.results
        return DocumentReading(shape: .each, receipts: results, beyondCount: beyondCount)
    }

    /// A record, and its number from 1.
    private struct Place {
        let record: CSVReader.Record
        let number: Int
    }

    /// A type that records may be of, and the columns of its paths.
    ///
    /// Made once for a body.
    private struct Candidate {
        let type: DocumentType
        /// By the number of the path; `none` for one that the header does not have.
        let columns: [Int]

        init(_ type: DocumentType, _ places: [[UInt8]: Int]) {
            self.type = type
            columns = type.csvPaths.map { places[Array($0.utf8)] ?? none }
        }
    }

    /// The types that may be meant: the one that is named, or those with a `match` and the body's delimiter.
    private func candidates(_ reader: CSVReader) -> [Candidate] {
        var places: [[UInt8]: Int] = [:]
        for (index, name) in reader.names.enumerated() { places[name] = index }
        if let name = options.type { return snapshot[name].map { [Candidate($0, places)] } ?? [] }
        return snapshot.types.filter { $0.format == .csv && $0.file.hasMatch && $0.file.delimiter == reader.delimiter }.map { Candidate($0, places) }
    }

    /// That of the type that is named; else of the types' delimiters the one that cuts the header into the names that a type wants to
    /// match, and into the most of them.
    private func delimiter() throws -> UInt8 {
        if let name = options.type {
            switch Recognition.named(name, .csv, in: snapshot) {
            case .found(let type): return type.file.delimiter
            case .failed(let problem): throw problem
            }
        }
        // A comma where no type claims the header: then every record is of no type, and told so.
        var best = (delimiter: UInt8(ascii: ","), nameCount: 0)
        let types = snapshot.types.filter { $0.format == .csv && $0.file.hasMatch }
        for delimiter in Set(types.map(\.file.delimiter)).sorted() {
            let names: [[UInt8]]
            do {
                names = try CSVReader(body, delimiter: delimiter).names
            } catch {
                // With this one it is no header.
                continue
            }
            let isWanted = types.contains { type in
                type.file.delimiter == delimiter && type.file.match.allSatisfy { test in
                    if case .exists(false) = test.condition { true } else { names.contains(Array(test.path.text.utf8)) }
                }
            }
            if isWanted, names.count > best.nameCount { best = (delimiter, names.count) }
        }
        return best.delimiter
    }

    /// A record is recognised by itself: types may tell records of one file apart by a value.
    private func receipt(_ place: Place, _ reader: CSVReader, _ candidates: [Candidate], _ allowance: WorkAllowance) -> ReceiptResult {
        let (record, number) = (place.record, place.number)
        let fields = record.fields
        // Each record has steps by its own bytes, and draws on the body's allowance.
        context.beginDocument(allowance, byteCount: record.range.count + reader.headerRange.count)
        func source(_ candidate: Candidate) -> CSVSource {
            CSVSource(
                reader: reader, fields: fields, paths: candidate.type.csvPaths, columns: candidate.columns, record: number, arena: context.arena,
                work: context.work)
        }
        let byteCount = record.range.count + reader.headerRange.count + 1
        // Too large for a document: its bytes are wanted nowhere.
        let document = ReceiptDocument.own(byteCount <= options.documentByteCountMax ? reader.document(of: record) : [])
        let outcome: Recognition.Outcome
        if let name = options.type {
            outcome = Recognition.named(name, .csv, in: snapshot)
        } else {
            outcome = Recognition.choice(
                candidates.filter { candidate in
                    // The root of a CSV source is behind its fields.
                    PathMatcher(source: source(candidate), isTyped: false).passes(candidate.type.match, from: fields.count)
                }.map(\.type))
        }
        if let fault = context.work.fault { return .refused(fault, type: nil, document: document) }
        switch outcome {
        case .failed(let problem): return .refused(problem, type: nil, document: document)
        case .found(let type):
            return steps.result(type: type, document: document, byteCount: byteCount) {
                guard let candidate = candidates.first(where: { $0.type === type }) else { preconditionFailure("a type that was no candidate") }
                var extractor = Extractor(source: source(candidate), type: type, context: context)
                return extractor.receipt(at: fields.count, document: document, now: options.now)
            }
        }
    }
}
