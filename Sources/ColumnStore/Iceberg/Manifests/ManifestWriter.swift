/// Writes manifests and manifest lists. Both stay small enough to be made in memory: a manifest by `ManifestGrouping`, a list by
/// having a row for each manifest only.
enum ManifestWriter {
    /// A manifest of `entries`, and its row for the list; the row lacks the location and the size of the file.
    ///
    /// - Precondition: entries that are not new carry their numbers.
    static func manifest(
        _ entries: [ManifestEntry], schema: TableSchema, snapshotID: Int64, sequenceNumber: Int64, specID: Int32
    ) throws(ColumnStoreError) -> (bytes: [UInt8], row: ManifestFile) {
        let sink = MemorySink()
        var writer = try AvroFileWriter(
            sink: sink, schema: ManifestSchemas.manifest,
            metadata: [
                "schema": String(decoding: schema.json.serialized, as: UTF8.self), "schema-id": "\(schema.id)", "partition-spec": "[]",
                "partition-spec-id": "\(specID)", "format-version": "2", "content": "data",
            ])
        var row = ManifestFile(
            location: "", byteCount: 0, specID: specID, holdsDeletes: false, sequenceNumber: sequenceNumber,
            minSequenceNumber: sequenceNumber, addedSnapshotID: snapshotID, addedFileCount: 0, existingFileCount: 0,
            deletedFileCount: 0, addedRowCount: 0, existingRowCount: 0, deletedRowCount: 0, bounds: nil)
        for entry in entries {
            try writer.append { encode(entry, into: &$0) }
            switch entry.status {
            case .added:
                row.addedFileCount += 1
                row.addedRowCount = row.addedRowCount.addingSaturating(entry.file.recordCount)
            case .existing:
                row.existingFileCount += 1
                row.existingRowCount = row.existingRowCount.addingSaturating(entry.file.recordCount)
            case .deleted:
                row.deletedFileCount += 1
                row.deletedRowCount = row.deletedRowCount.addingSaturating(entry.file.recordCount)
            }
            // A new entry has no number yet, and inherits the manifest's own.
            if entry.status != .deleted, let number = entry.sequenceNumber {
                row.minSequenceNumber = min(row.minSequenceNumber, number)
            }
        }
        try writer.finish()
        row.byteCount = Int64(sink.bytes.count)
        // Removed files say nothing of what is there; theirs are gone, too.
        row.bounds = ManifestBounds(entries.lazy.filter { $0.status != .deleted }.map(\.file), schema: schema)
        return (sink.bytes, row)
    }

    /// The fields of `ManifestSchemas.manifest`, in its order.
    static func encode(_ entry: ManifestEntry, into encoder: inout AvroEncoder) {
        encoder.int(entry.status.rawValue)
        encoder.optionalLong(entry.snapshotID)
        encoder.optionalLong(entry.sequenceNumber)
        encoder.optionalLong(entry.fileSequenceNumber)
        let file = entry.file
        encoder.int(0)  // content: data
        encoder.string(file.location)
        encoder.string("PARQUET")
        // partition: an empty record takes no bytes
        encoder.long(file.recordCount)
        encoder.long(file.byteCount)
        encoder.optionalCounts(file.columnSizes)
        encoder.optionalCounts(file.valueCounts)
        encoder.optionalCounts(file.nullCounts)
        encoder.optionalCounts(file.nanCounts)
        encoder.optionalBounds(file.lowerBounds)
        encoder.optionalBounds(file.upperBounds)
        encoder.optional(file.keyMetadata) { $0.byteArray($1) }
        encoder.optionalLongs(file.splitOffsets)
        encoder.optionalLongs(nil)  // equality_ids
        encoder.optional(file.sortOrderID) { $0.int($1) }
    }

    /// The manifest list of a snapshot.
    ///
    /// - Parameter parentID: nil for the first snapshot, which readers want as the word "null".
    static func manifestList(
        _ manifests: [ManifestFile], snapshotID: Int64, parentID: Int64?, sequenceNumber: Int64
    ) throws(ColumnStoreError) -> [UInt8] {
        let sink = MemorySink()
        var writer = try AvroFileWriter(
            sink: sink, schema: ManifestSchemas.manifestList,
            metadata: [
                "snapshot-id": "\(snapshotID)", "parent-snapshot-id": parentID.map { "\($0)" } ?? "null",
                "sequence-number": "\(sequenceNumber)", "format-version": "2",
            ])
        for manifest in manifests { try writer.append { encode(manifest, into: &$0) } }
        try writer.finish()
        return sink.bytes
    }

    /// The fields of `ManifestSchemas.manifestList`, in its order.
    static func encode(_ manifest: ManifestFile, into encoder: inout AvroEncoder) {
        encoder.string(manifest.location)
        encoder.long(manifest.byteCount)
        encoder.int(manifest.specID)
        encoder.int(manifest.holdsDeletes ? 1 : 0)
        encoder.long(manifest.sequenceNumber)
        encoder.long(manifest.minSequenceNumber)
        encoder.long(manifest.addedSnapshotID)
        encoder.int(manifest.addedFileCount)
        encoder.int(manifest.existingFileCount)
        encoder.int(manifest.deletedFileCount)
        encoder.long(manifest.addedRowCount)
        encoder.long(manifest.existingRowCount)
        encoder.long(manifest.deletedRowCount)
        encoder.optionalLongs(nil)  // partitions: the table has none
        encoder.optional(nil as [UInt8]?) { $0.byteArray($1) }  // key_metadata
        encoder.optional(manifest.bounds) { $0.byteArray($1.encoded) }
    }
}
