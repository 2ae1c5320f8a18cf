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
        var delimiter = UInt8(ascii: ",")
        if let name = options.type {
            switch Recognition.named(name, .csv, in: snapshot) {
            case .found(let type): delimiter = type.file.delimiter
            case .failed(let problem): throw problem
            }
        }
        var results: [ReceiptResult] = []
        var reader = try CSVReader(body, delimiter: delimiter)
        while true {
            do throws(DocumentError) {
                guard let record = try reader.nextRecord() else { break }
                guard results.count < options.eachCountMax else {
                    results.append(.refused(steps.tooMany(options.eachCountMax), type: nil, document: .own(reader.document(of: record))))
                    continue
                }
                results.append(receipt(record, reader, number: results.count + 1))
            } catch {
                results.append(.refused(Problem(error), type: nil, document: .own([])))
            }
        }
        return DocumentReading(shape: .each, receipts: results)
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
                    guard type.format == .csv, type.file.hasMatch else { return false }
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
