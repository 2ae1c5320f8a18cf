internal import Documents

/// Puts records that are one line each together to one request; others go alone, since NDJSON would change their bytes.
struct ImportBatcher {
    /// Lines that go in one request: enough to share a commit, few enough to show progress.
    private static let batchCountMax = 2_000
    private static let batchByteCountMax = 4 << 20

    let sender: ImportSender
    private var batch = ImportSender.Batch(contentType: "application/x-ndjson", records: [])

    init(sender: ImportSender) { self.sender = sender }

    /// - Parameter number: of the record in its file, from 1.
    mutating func add(_ number: Int, _ record: [UInt8], form: RecordForm, header: [UInt8]? = nil) throws {
        if let header { (batch.contentType, batch.header) = ("text/csv", header) }
        let contentType: String? =
            switch form {
            case .xml: "application/xml"
            case .csv: nil
            case .json, .lines: record.contains(0x0A) || record.contains(0x0D) ? "application/json" : nil
            }
        if let contentType {
            try sender.send(.init(contentType: contentType, records: [(number, record)], byteCount: record.count))
            return
        }
        // A record that is longer than that goes by itself.
        if batch.byteCount + record.count > Self.batchByteCountMax { try flush() }
        batch.records.append((number, record))
        batch.byteCount += record.count
        if batch.records.count >= Self.batchCountMax { try flush() }
    }

    mutating func flush() throws {
        guard !batch.records.isEmpty else { return }
        try sender.send(batch)
        batch.records = []
        batch.byteCount = 0
    }
}
