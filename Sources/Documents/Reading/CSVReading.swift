/// One CSV body: a header and records, each a receipt.
///
/// Records are cut out one by one (`CSVReader`); each is read with the header as a document of its own, and each counts on its own: one that is
/// refused takes no other with it. The body's columns are found once for each type that may be meant (`CSVHeader`, `Candidate`), as all records have one
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
    /// - Throws: `DocumentError` when there is no header; `Fault` where it has columns that no type of it knows.
    func read() throws -> DocumentReading {
        // By the body's bytes: the fault of a record that needs too much work says that it may be sent by itself.
        let allowance = options.allowance ?? WorkAllowance(byteCount: body.count, isOfManyDocuments: true)
        context.beginDocument(allowance, byteCount: body.count)
        defer { context.work.settle() }
        let header = try header()
        var reader = try CSVReader(body, delimiter: header.delimiter, foreign: TextCharset.notUTF8(charset: options.charset))
        if !context.isKept, !options.isHeaderChecked, let fault = header.fault(reader.names, knownTypes: options.knownTypes) { throw fault }
        var places: [[UInt8]: Int] = [:]
        for (index, name) in reader.names.enumerated() { places[name] = index }
        let candidates = header.types.map { Candidate($0, places) }
        // Behind the header: the copies that records are read with.
        let behindHeader = reader
        func read(_ place: Place) -> ReceiptResult { receipt(place, behindHeader, candidates, allowance) }
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
        /// Columns of the header that other types know: a value there would be lost.
        let strays: [Int]

        init(_ type: DocumentType, _ places: [[UInt8]: Int]) {
            self.type = type
            columns = type.csvPaths.map { places[Array($0.utf8)] ?? none }
            let known = Set(columns)
            strays = type.file.ignoresExtraColumns ? [] : places.values.filter { !known.contains($0) }.sorted()
        }
    }

    /// By the type that is named, else by the types' `match`.
    private func header() throws -> CSVHeader {
        guard let name = options.type else { return CSVHeader(body, snapshot) }
        switch Recognition.named(name, .csv, in: snapshot) {
        case .found(let type): return CSVHeader(type)
        case .failed(let problem): throw problem
        }
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
        case .failed(let problem):
            if problem.code == .unknownType, candidates.count == 1, let lacking = lacking(candidates[0].type, source(candidates[0])) {
                return .refused(lacking, type: candidates[0].type.name, document: document)
            }
            return .refused(problem, type: nil, document: document)
        case .found(let type):
            return steps.result(type: type, document: document, byteCount: byteCount) {
                guard let candidate = candidates.first(where: { $0.type === type }) else { preconditionFailure("a type that was no candidate") }
                let own = source(candidate)
                for column in context.isKept ? [] : candidate.strays where own.exists(column) {
                    // Of a column without a name the pointer tells nothing.
                    let what = reader.names[column].isEmpty ? "the header's name of column \(column + 1) is empty" : "the type \(type.name) has no such column"
                    context.report(own.location(of: column, within: own.root), "unknown-column", "\(what), and there is a value in it")
                }
                var extractor = Extractor(source: own, type: type, context: context)
                return extractor.receipt(at: own.root, document: document, now: options.now)
            }
        }
    }

    /// What a record lacks of the one type whose columns its header has: that it is of no type would say little in the midst of a file of that type.
    ///
    /// - Returns: nil where it has a value that the type does not want: then it is of another kind.
    private func lacking(_ type: DocumentType, _ source: CSVSource) -> Fault? {
        let matcher = PathMatcher(source: source, isTyped: false)
        var violations: [Fault.Violation] = []
        for test in type.match where !matcher.passes([test], from: source.root) {
            var isBlank = true
            source.forEach(test.path, from: source.root) { found in
                isBlank = !source.exists(found)
                return isBlank
            }
            if !isBlank { return nil }
            violations.append(
                .init(pointer: source.location(ofMissing: test.path, from: source.root, within: source.root), code: "required", message: "the type \(type.name) needs a value here"))
        }
        guard let first = violations.first else { return nil }
        return Fault(.invalidDocument, "the document is not what the type \(type.name) asks for: \(first.message)", errors: violations)
    }
}
