internal import Documents

/// Puts records that are one line each together to one request; others go alone, since NDJSON would change their bytes. So do a JSON file's arrays and envelopes, which no line
/// may be; of NDJSON whatever is a line goes as one, and is answered as such.
struct ImportBatcher {
    /// Lines that go in one request: enough to share a commit, few enough to show progress.
    private static let batchCountMax = 2_000
    private static let batchByteCountMax = 4 << 20

    let sender: ImportSender
    private var batch = ImportSender.Batch(contentType: ImportSender.lines, records: [])
    /// Whether the file's first JSON value that is no array is an envelope; nil until it was sent by itself, to see that.
    private var isFirstAnEnvelope: Bool?

    init(sender: ImportSender) { self.sender = sender }

    /// - Parameters:
    ///   - number: of the record in its file, from 1.
    ///   - isOfSeveral: whether it is an array or an envelope; nil where the store alone knows.
    mutating func add(_ number: Int, _ record: [UInt8], form: RecordForm, header: [UInt8]? = nil, isOfSeveral: Bool? = nil) throws {
        if let header { (batch.contentType, batch.header) = ("text/csv", header) }
        batch.isOfValues = form == .json
        // The values of a file are mostly alike: one answer tells what the others are. What an array is its first byte tells.
        let isArray = Self.isArray(record)
        let isTrial = form == .json && !isArray && isOfSeveral == nil && isFirstAnEnvelope == nil
        let isAlone = isArray || isTrial || isOfSeveral ?? isFirstAnEnvelope ?? false
        let contentType: String? =
            switch form {
            case .xml: "application/xml"
            case .csv: nil
            case .lines: Self.isLine(record) ? nil : "application/json"
            case .json: Self.isLine(record) && !isAlone ? nil : "application/json"
            }
        if let contentType {
            try sender.send(.init(contentType: contentType, records: [(number, record)], byteCount: record.count))
            if isTrial {
                try sender.settle()
                isFirstAnEnvelope = sender.hasEnvelope
            }
            return
        }
        // A record that is longer than that goes by itself.
        if batch.byteCount + record.count > Self.batchByteCountMax { try flush() }
        batch.records.append((number, record))
        batch.byteCount += record.count
        if batch.records.count >= Self.batchCountMax { try flush() }
    }

    /// Behind blanks of JSON.
    static func isArray(_ record: [UInt8]) -> Bool { record.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D } == UInt8(ascii: "[") }

    private static func isLine(_ record: [UInt8]) -> Bool { !record.contains(0x0A) && !record.contains(0x0D) }

    mutating func flush() throws {
        guard !batch.records.isEmpty else { return }
        try sender.send(batch)
        batch.records = []
        batch.byteCount = 0
    }
}
