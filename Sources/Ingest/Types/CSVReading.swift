/// One CSV body: a header and records, each a receipt.
struct CSVReading {
    let body: UnsafeRawBufferPointer
    let snapshot: TypeRegistry.Snapshot
    let context: ExtractionContext
    let options: ReadingOptions
    private let steps: ReceiptSteps

    init(body: UnsafeRawBufferPointer, snapshot: TypeRegistry.Snapshot, context: ExtractionContext, options: ReadingOptions) {
        self.body = body
        self.snapshot = snapshot
        self.context = context
        self.options = options
        steps = ReceiptSteps(context: context, options: options)
    }

    /// - Throws: `DocumentError` when there is no header, `Problem` when there are too many records.
    func read() throws -> DocumentReading {
        context.beginDocument()
        var results: [ReceiptResult] = []
        var reader = try CSVReader(body, delimiter: try delimiter())
        while true {
            let start = reader.offset
            do throws(DocumentError) {
                guard let record = try reader.nextRecord() else { break }
                guard results.count < options.eachCountMax else {
                    results.append(.refused(steps.tooMany(options.eachCountMax), type: nil, document: .own(reader.document(of: record))))
                    continue
                }
                results.append(receipt(record, reader, number: results.count + 1))
            } catch {
                results.append(.refused(Problem(error), type: nil, document: .own(reader.document(from: start))))
            }
        }
        return DocumentReading(shape: .each, receipts: results)
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

    private func receipt(_ record: CSVReader.Record, _ reader: CSVReader, number: Int) -> ReceiptResult {
        let fields: [[UInt8]?] = record.fields.map { $0.byteCount == 0 && !$0.isQuoted ? nil : reader.text(of: $0) }
        func source(_ type: DocumentType) -> CSVSource {
            CSVSource(names: reader.names, fields: fields, paths: type.csvPaths, record: number, arena: context.arena)
        }
        let document = ReceiptDocument.own(reader.document(of: record))
        let outcome: Recognition.Outcome
        if let name = options.type {
            outcome = Recognition.named(name, .csv, in: snapshot)
        } else {
            outcome = Recognition.choice(
                snapshot.types.filter { type in
                    guard type.format == .csv, type.file.hasMatch, type.file.delimiter == reader.delimiter else { return false }
                    let matcher = PathMatcher(source: source(type), isTyped: false)
                    return matcher.passes(type.match, from: fields.count)
                })
        }
        switch outcome {
        case .failed(let problem): return .refused(problem, type: nil, document: document)
        case .found(let type):
            return steps.result(type: type, document: document, byteCount: record.range.count + reader.headerRange.count + 1) {
                var extractor = Extractor(source: source(type), type: type, context: context)
                return extractor.receipt(at: fields.count, document: document, now: options.now)
            }
        }
    }
}
