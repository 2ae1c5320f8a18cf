/// Reads manifests and manifest lists, this module's and those of other writers.
///
/// Fields are found by their ids and not by name or position (Iceberg specification, "Manifests" and "Manifest Lists", which give them): what a writer leaves
/// out is nil or a fault, what it adds is passed over. Only data files in Parquet are read; a manifest with delete files is refused rather than
/// read as if they were rows.
enum ManifestReader {
    /// Larger ones are refused rather than read into memory: at 100 bytes an entry this is ten million files.
    static let byteCountMax = 1 << 30
    /// What the entries of one manifest may take, those of a million files and more: a deflated block of kilobytes may hold as many empty ones.
    static let memoryByteCountMax = 2 << 30

    /// Hands out the entries of a manifest, with what they inherit from their row of the list filled in.
    ///
    /// - Parameter manifest: the row by which the file was found.
    /// - Throws: `.corruptFile`, `.unsupportedFeature` for delete files and other formats than Parquet, and what `body` throws.
    /// - Complexity: memory for one decompressed block.
    static func readEntries(
        _ bytes: [UInt8], manifest: ManifestFile, _ body: (ManifestEntry) throws(ColumnStoreError) -> Void
    ) throws(ColumnStoreError) {
        do {
            var reader = try AvroFileReader(bytes: bytes)
            let fields = try reader.recordFields()
            while var (count, decoder) = try reader.nextBlock() {
                while count > 0 {
                    var entry = try Self.entry(&decoder, fields)
                    inherit(&entry, manifest)
                    try body(entry)
                    count -= 1
                }
            }
        } catch let fault as AvroFault {
            throw ColumnStoreError(fault, path: manifest.location)
        } catch let error as ColumnStoreError {
            throw error
        } catch {
            preconditionFailure("an error of no known type")
        }
    }

    /// All entries of a manifest, in the file's order.
    ///
    /// - Throws: as `readEntries`, and `.overBudget` when they would take more memory than `memoryByteCountMax`.
    static func entries(
        _ bytes: [UInt8], manifest: ManifestFile, memoryByteCountMax: Int = memoryByteCountMax
    ) throws(ColumnStoreError) -> [ManifestEntry] {
        var entries: [ManifestEntry] = []
        var byteCount = 0
        try readEntries(bytes, manifest: manifest) { (entry) throws(ColumnStoreError) in
            byteCount += entry.file.memoryByteCount + MemoryLayout<ManifestEntry>.stride
            guard byteCount <= memoryByteCountMax else {
                throw ColumnStoreError(
                    .overBudget, path: manifest.location, "its entries would take more than the \(memoryByteCountMax) bytes of memory that are allowed")
            }
            entries.append(entry)
        }
        return entries
    }

    /// As the specification has it under "Sequence Number Inheritance".
    private static func inherit(_ entry: inout ManifestEntry, _ manifest: ManifestFile) {
        if entry.snapshotID == nil { entry.snapshotID = manifest.addedSnapshotID }
        // Only an added file may leave its numbers out; tables of version 1 have none, which counts as 0.
        let inherited = entry.status == .added ? manifest.sequenceNumber : 0
        if entry.sequenceNumber == nil { entry.sequenceNumber = inherited }
        if entry.fileSequenceNumber == nil { entry.fileSequenceNumber = inherited }
    }

    /// One record of a manifest: fields in the writer's order, each read once.
    private static func entry(
        _ decoder: inout AvroDecoder, _ fields: [AvroField]
    ) throws(AvroFault) -> ManifestEntry {
        var status: EntryStatus?
        var entry = ManifestEntry(
            status: .added, snapshotID: nil, sequenceNumber: nil, fileSequenceNumber: nil,
            file: DataFile(location: "", recordCount: 0, byteCount: 0))
        var file: DataFile?
        for field in fields {
            switch field.id {
            case 0:
                guard let value = try decoder.optionalInt(field) else { break }
                guard let known = EntryStatus(rawValue: value) else { throw .outOfRange("status") }
                status = known
            case 1: entry.snapshotID = try decoder.optionalLong(field)
            case 3: entry.sequenceNumber = try decoder.optionalLong(field)
            case 4: entry.fileSequenceNumber = try decoder.optionalLong(field)
            case 2:
                guard case .record(let fields) = try decoder.branch(of: field.type) else { throw .wrongType(field: field.name) }
                file = try dataFile(&decoder, fields)
            default: try decoder.skip(field.type)
            }
        }
        guard let status else { throw .missingField("status") }
        guard let file else { throw .missingField("data_file") }
        entry.status = status
        entry.file = file
        return entry
    }

    private static func dataFile(_ decoder: inout AvroDecoder, _ fields: [AvroField]) throws(AvroFault) -> DataFile {
        var location: String?
        var recordCount: Int64?
        var byteCount: Int64?
        var rest = DataFile(location: "", recordCount: 0, byteCount: 0)
        for field in fields {
            switch field.id {
            // 0 is data, 1 and 2 are deletes; tables of version 1 have no such field.
            case 134:
                guard try decoder.optionalInt(field) ?? 0 == 0 else { throw .unsupported("delete files") }
            case 100: location = try decoder.optionalString(field)
            case 101:
                let format = try decoder.optionalString(field) ?? ""
                guard format.uppercased() == "PARQUET" else { throw .unsupported("data files of format \(format)") }
            case 103: recordCount = try decoder.optionalLong(field)
            case 104: byteCount = try decoder.optionalLong(field)
            case 108: rest.columnSizes = try decoder.optionalCounts(field)
            case 109: rest.valueCounts = try decoder.optionalCounts(field)
            case 110: rest.nullCounts = try decoder.optionalCounts(field)
            case 137: rest.nanCounts = try decoder.optionalCounts(field)
            case 125: rest.lowerBounds = try decoder.optionalBounds(field)
            case 128: rest.upperBounds = try decoder.optionalBounds(field)
            case 131: rest.keyMetadata = try decoder.optionalBytes(field)
            case 132: rest.splitOffsets = try decoder.optionalLongs(field)
            case 140: rest.sortOrderID = try decoder.optionalInt(field)
            default: try decoder.skip(field.type)
            }
        }
        guard let location else { throw .missingField("file_path") }
        guard let recordCount else { throw .missingField("record_count") }
        guard let byteCount else { throw .missingField("file_size_in_bytes") }
        // Checked here, where they enter: everybody else adds them up.
        guard (0...DataFile.recordCountMax).contains(recordCount) else { throw .outOfRange("record_count") }
        guard (0...DataFile.byteCountMax).contains(byteCount) else { throw .outOfRange("file_size_in_bytes") }
        var file = DataFile(location: location, recordCount: recordCount, byteCount: byteCount)
        file.columnSizes = rest.columnSizes
        file.valueCounts = rest.valueCounts
        file.nullCounts = rest.nullCounts
        file.nanCounts = rest.nanCounts
        file.lowerBounds = rest.lowerBounds
        file.upperBounds = rest.upperBounds
        file.keyMetadata = rest.keyMetadata
        file.splitOffsets = rest.splitOffsets
        file.sortOrderID = rest.sortOrderID
        return file
    }

    // MARK: Manifest lists

    /// Of a snapshot: as many small ones are put together long before.
    private static let manifestCountMax = 1_000_000
    /// What the rows of one list may take, those of a million manifests without bounds and more: a deflated block of kilobytes may hold locations of hundreds of megabytes.
    static let listMemoryByteCountMax = 512 << 20

    private static func check(_ added: Int, with count: Int) throws(AvroFault) {
        guard added <= manifestCountMax - count else { throw .outOfRange("the count of manifests") }
    }

    /// The rows of a manifest list, in the file's order, those of delete manifests included.
    ///
    /// - Throws: `.corruptFile`, `.unsupportedFeature`, and `.overBudget` when they would take more memory than `memoryByteCountMax`.
    static func manifests(
        _ bytes: [UInt8], path: String, memoryByteCountMax: Int = listMemoryByteCountMax
    ) throws(ColumnStoreError) -> [ManifestFile] {
        do {
            var reader = try AvroFileReader(bytes: bytes)
            let fields = try reader.recordFields()
            var manifests: [ManifestFile] = []
            var byteCount = 0
            while var (count, decoder) = try reader.nextBlock() {
                try check(count, with: manifests.count)
                while count > 0 {
                    let row = try manifest(&decoder, fields)
                    byteCount += row.memoryByteCount + MemoryLayout<ManifestFile>.stride
                    guard byteCount <= memoryByteCountMax else {
                        throw ColumnStoreError(.overBudget, path: path, "its rows would take more than the \(memoryByteCountMax) bytes of memory that are allowed")
                    }
                    manifests.append(row)
                    count -= 1
                }
            }
            return manifests
        } catch let fault as AvroFault {
            throw ColumnStoreError(fault, path: path)
        } catch let error as ColumnStoreError {
            throw error
        } catch {
            preconditionFailure("an error of no known type")
        }
    }

    /// One row. What tables of version 1 lack counts as 0; the counts of files and rows they must have, since pruning and `Table.counts` go by them.
    private static func manifest(_ decoder: inout AvroDecoder, _ fields: [AvroField]) throws(AvroFault) -> ManifestFile {
        var location: String?
        var numbers: [Int32: Int64] = [:]
        var bounds: ManifestBounds?
        for field in fields {
            switch field.id {
            case 500: location = try decoder.optionalString(field)
            case .some(501...506), 512, 513, 514, 515, 516, 517:
                // 507 is the partitions' summary; all other ids here are numbers.
                numbers[field.id ?? 0] = try decoder.optionalLong(field)
            case ManifestSchemas.boundsFieldID:
                bounds = try decoder.optionalBytes(field).map { (bytes) throws(AvroFault) in try ManifestBounds(decoding: bytes) }
            default: try decoder.skip(field.type)
            }
        }
        guard let location else { throw .missingField("manifest_path") }
        func long(_ id: Int32, _ name: String, default missing: Int64? = nil) throws(AvroFault) -> Int64 {
            guard let value = numbers[id] ?? missing else { throw .missingField(name) }
            // 503 is a snapshot's id, which another writer may have drawn from all 64 bits.
            guard value >= 0 || id == 503 else { throw .outOfRange(name) }
            return value
        }
        func int(_ id: Int32, _ name: String, default missing: Int64? = nil) throws(AvroFault) -> Int32 {
            guard let value = Int32(exactly: try long(id, name, default: missing)) else { throw .outOfRange(name) }
            return value
        }
        return ManifestFile(
            location: location, byteCount: try long(501, "manifest_length"), specID: try int(502, "partition_spec_id", default: 0),
            holdsDeletes: try long(517, "content", default: 0) != 0,
            sequenceNumber: try long(515, "sequence_number", default: 0),
            minSequenceNumber: try long(516, "min_sequence_number", default: 0),
            addedSnapshotID: try long(503, "added_snapshot_id"),
            addedFileCount: try int(504, "added_files_count"), existingFileCount: try int(505, "existing_files_count"),
            deletedFileCount: try int(506, "deleted_files_count"), addedRowCount: try long(512, "added_rows_count"),
            existingRowCount: try long(513, "existing_rows_count"), deletedRowCount: try long(514, "deleted_rows_count"),
            bounds: bounds)
    }
}

extension ColumnStoreError {
    /// Adds the file to a fault of Avro's.
    init(_ fault: AvroFault, path: String) {
        switch fault {
        case .unsupported(let what): self.init(.unsupportedFeature, path: path, what)
        case .unknownCodec(let codec): self.init(.unsupportedFeature, path: path, "Avro codec \(codec)")
        default: self.init(.corruptFile, path: path, "\(fault)")
        }
    }
}
