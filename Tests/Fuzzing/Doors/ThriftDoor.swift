import ColumnStore

/// The structures of Parquet that stand by themselves, each from the same bytes; the first byte says which.
extension Door {
    static let thrift = Door(
        name: "thrift",
        seeds: {
            var header = DataPageHeaderV2(
                valueCount: 5, nullCount: 1, rowCount: 5, encoding: .plain, definitionLevelsByteCount: 2, repetitionLevelsByteCount: 0)
            header.statistics = ChunkStatistics()
            let index = ColumnIndex(
                nullPages: [false, true], minValues: [[1], []], maxValues: [[9], []], boundaryOrder: .ascending, nullCounts: [0, 3],
                repetitionLevelHistograms: [1, 2], definitionLevelHistograms: [3])
            let offsets = OffsetIndex(pageLocations: [PageLocation(offset: 4, compressedByteCount: 90, firstRowIndex: 0)], unencodedByteArrayByteCounts: [7])
            let pages = [
                PageHeader(kind: .dataV2(header), uncompressedByteCount: 40, compressedByteCount: 40, crc: 7).serialized(),
                PageHeader(kind: .dictionary(DictionaryPageHeader(valueCount: 3)), uncompressedByteCount: 9, compressedByteCount: 9).serialized(),
            ]
            return pages.map { [0] + $0 } + [[1] + index.serialized(), [2] + offsets.serialized(), [3] + BloomFilterHeader(byteCount: 32).serialized()]
        },
        fuzz: { input in
            guard let kind = input.first else { return }
            let bytes = Array(input.dropFirst())
            switch kind % 5 {
            case 0: roundTrip(try PageHeader.parse(bytes))
            case 1: roundTrip(try ColumnIndex.parse(bytes))
            case 2: roundTrip(try OffsetIndex.parse(bytes))
            case 3: roundTrip(try BloomFilterHeader.parse(bytes))
            default: roundTrip(try FileMetadata.parse(bytes))
            }
        })

    /// What was read can be written, and is read again as the same bytes.
    private static func roundTrip<Structure: ThriftStructure>(_ value: Structure) {
        let bytes = value.serialized()
        guard let again = try? Structure.parse(bytes) else { preconditionFailure("what was written cannot be read") }
        precondition(again.serialized() == bytes, "what was written is read as something else")
    }
}
