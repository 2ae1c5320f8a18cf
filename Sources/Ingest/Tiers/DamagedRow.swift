import ColumnStore

extension ColdTable {
    /// A row of a damaged file, of which something cannot be read that its document gives.
    ///
    /// What its document must be read by, so that it gives the row's columns again.
    struct DamagedRow {
        let location: String
        let sequence: Int64
        let type: String
        let version: Int32
        let contentType: String
        let sha256: [UInt8]
        let damaged: DamagedColdFile
    }

    /// Where a receipt lies in a file that was found damaged, and is itself damaged; nil when it can be read, or lies elsewhere.
    ///
    /// It is read twice: what says which type took it, then all of it. Where the first cannot be read, the document is of no help.
    func damagedRow(_ receipt: StoredReceipt) throws -> DamagedRow? {
        let filters = [
            ColumnFilter("business_day", .equal(.integer(Int64(receipt.summary.businessDay)))),
            ColumnFilter("receipt_id", .equal(.string(receipt.summary.receiptID))),
            ColumnFilter("sequence", .equal(.integer(receipt.summary.sequence))),
        ]
        for file in try files(filters) where damage.has(file.location) {
            guard let batch = try firstRow(of: file, ["type", "type_version", "content_type", "document_sha256"], filters),
                case .bytes(let type) = batch.columns[0].value(at: 0), case .integer(let version) = batch.columns[1].value(at: 0),
                case .bytes(let contentType) = batch.columns[2].value(at: 0), case .bytes(let sha256) = batch.columns[3].value(at: 0)
            else { continue }
            do { _ = try firstRow(of: file, iceberg.schema.fields.map { ColumnPath($0.name) }, filters) } catch let damaged as DamagedColdFile {
                return DamagedRow(
                    location: file.location, sequence: receipt.summary.sequence, type: String(decoding: type, as: UTF8.self),
                    version: Int32(clamping: version), contentType: String(decoding: contentType, as: UTF8.self), sha256: sha256, damaged: damaged)
            }
        }
        return nil
    }

    private func firstRow(of file: DataFile, _ columns: [ColumnPath], _ filters: [ColumnFilter]) throws -> ColumnBatch? {
        try reading(file.location) {
            let scan = try open(file).scan(ParquetScanRequest(projection: columns, schema: iceberg.schema, filters: filters))
            for rowGroup in scan.rowGroups {
                let reader = try scan.reader(rowGroup: rowGroup)
                while let batch = try reader.next() { if batch.rowCount > 0 { return batch } }
            }
            return nil
        }
    }
}
