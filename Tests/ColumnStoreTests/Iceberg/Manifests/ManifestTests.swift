@testable import ColumnStore
import TestSupport
import XCTest

/// Manifests and lists against vectors made by other implementations, and against damage.
final class ManifestTests: XCTestCase {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { (($0 < 16) ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func test_footerByteCountGuess_isByChunks_andNothingWhereNobodySaidHowManyThereAre() {
        var file = DataFile(location: "file:///t/a.parquet", recordCount: 5, byteCount: 2_441)
        XCTAssertEqual(file.footerByteCountGuess, 0)
        file.splitOffsets = [4, 5_000, 9_000]
        XCTAssertEqual(file.footerByteCountGuess, 0)
        file.columnSizes = [1: 10, 7: 20]
        XCTAssertEqual(file.footerByteCountGuess, 3 * 2 * 256)
    }

    /// The vectors are of a table partitioned by month; ours lack the partition's bytes and end in one field more.
    func test_encode_publishedVectors_agree() {
        var list = AvroEncoder()
        ManifestWriter.encode(
            ManifestFile(
                location: "file:///t/m.avro", byteCount: 5_000, specID: 0, holdsDeletes: false, sequenceNumber: 1,
                minSequenceNumber: 1, addedSnapshotID: 3_051_729_675_574_597_004, addedFileCount: 3, existingFileCount: 0,
                deletedFileCount: 0, addedRowCount: 15, existingRowCount: 0, deletedRowCount: 0, bounds: nil), into: &list)
        XCTAssertEqual(hex(list.bytes), "2066696c653a2f2f2f742f6d2e6176726f904e0000020298d6a2f293fef5d9540600001e0000" + "000000")

        var file = DataFile(location: "file:///t/a.parquet", recordCount: 5, byteCount: 2_441)
        file.valueCounts = [1: 5]
        file.nullCounts = [1: 0]
        file.lowerBounds = [1: [0, 0, 0, 0, 0, 0, 0, 0]]
        file.upperBounds = [1: [4, 0, 0, 0, 0, 0, 0, 0]]
        file.splitOffsets = [4]
        file.sortOrderID = 1
        var entry = AvroEncoder()
        ManifestWriter.encode(
            ManifestEntry(
                status: .added, snapshotID: 3_051_729_675_574_597_004, sequenceNumber: nil, fileSequenceNumber: nil, file: file),
            into: &entry)
        let vector =
            "020298d6a2f293fef5d9540000002666696c653a2f2f2f742f612e706172717565740e5041525155455402c00a0a9226000202020a0002020200000002020210000000000000000000020202100400000000000000000002020800000202"
        XCTAssertEqual(hex(entry.bytes), vector.replacingFirst("02c00a", with: ""))
    }

    /// Above all numbers as SQL orders it, NaN as a lower bound would leave out files that have some.
    func test_decode_boundsThatAreNaN_areNone() {
        for bytes in [ValueBounds.littleEndian(Double.nan.bitPattern), ValueBounds.littleEndian(Float.nan.bitPattern)] {
            let decoded = BoundCoding.decode(lower: bytes, upper: ValueBounds.littleEndian((2.5).bitPattern), type: .double)
            XCTAssertNil(decoded.minimum)
            XCTAssertEqual(decoded.maximum, .double(2.5))
        }
        let floats = BoundCoding.decode(lower: ValueBounds.littleEndian(Float(-1.5).bitPattern), upper: [0, 0, 0], type: .double)
        XCTAssertEqual(floats.minimum, .double(-1.5))
        XCTAssertNil(floats.maximum)
    }

    /// JSON is text: a bound that is cut short is text, too.
    func test_encode_longJSON_isCutBetweenCharacters() {
        // Six bytes, and two for each letter: the limit lies within one.
        let value = Array(#"{"a":"їжакїжак"}"#.utf8)
        for isBinary in [false, true] {
            let bounds = BoundCoding.encode(.bytes(value, value), type: .json(isBinary: isBinary), byteCountMax: 9)
            XCTAssertEqual(String(validating: bounds.lower, as: UTF8.self), #"{"a":"ї"#)
            XCTAssertEqual(bounds.upper.flatMap { String(validating: $0, as: UTF8.self) }, #"{"a":"ј"#)
        }
    }

    func test_decimal_publishedVectors_agree() {
        let vectors: [(Int128, String)] = [
            (0, "00"), (127, "7f"), (128, "0080"), (-128, "80"), (-129, "ff7f"), (150_000, "0249f0"), (-1, "ff"),
            (Int128.max, "7f" + String(repeating: "ff", count: 15)), (Int128.min, "80" + String(repeating: "00", count: 15)),
        ]
        for (value, text) in vectors {
            XCTAssertEqual(hex(BoundCoding.decimal(value)), text)
            let decoded = BoundCoding.decode(
                lower: BoundCoding.decimal(value), upper: nil, type: .decimal(precision: 38, scale: 2))
            // A bound of more digits than the type has bounds nothing.
            XCTAssertEqual(decoded.minimum, value == .max || value == .min ? nil : .decimal(value))
        }
    }

    private func sampleFile(_ number: Int, day: Int32, width: Int32 = 0) -> DataFile {
        var file = DataFile(location: "file:///t/data/\(number).parquet", recordCount: 10, byteCount: 1_000)
        file.columnSizes = [1: 100, 2: 50]
        file.valueCounts = [1: 10, 2: 10]
        file.nullCounts = [1: 0, 2: 0]
        file.nanCounts = [:]
        file.lowerBounds = [1: ValueBounds.littleEndian(Int64(number)), 2: ValueBounds.littleEndian(day)]
        file.upperBounds = [1: ValueBounds.littleEndian(Int64(number) + 9), 2: ValueBounds.littleEndian(day + width)]
        file.splitOffsets = [4]
        return file
    }

    private let schema = TableSchema(
        id: 0, schema: Schema([Field("id", .int64, id: 1, isRequired: true), Field("business_day", .date, id: 2)]))

    func test_manifest_writtenAndRead_isEqual() throws {
        let entries = (0..<300).map { number in
            ManifestEntry(
                status: number % 3 == 0 ? .existing : .added, snapshotID: 7, sequenceNumber: number % 3 == 0 ? 2 : 5,
                fileSequenceNumber: number % 3 == 0 ? 2 : 5, file: sampleFile(number, day: Int32(number)))
        }
        var (bytes, row) = try ManifestWriter.manifest(entries, schema: schema, snapshotID: 7, sequenceNumber: 5, specID: 0)
        row.location = "m.avro"
        XCTAssertEqual(row.addedFileCount, 200)
        XCTAssertEqual(row.existingRowCount, 1_000)
        XCTAssertEqual(row.minSequenceNumber, 2)
        XCTAssertEqual(row.bounds?.upper[2], ValueBounds.littleEndian(Int32(299)))
        XCTAssertEqual(try ManifestReader.entries(bytes, manifest: row), entries)
        let list = try ManifestWriter.manifestList([row, row], snapshotID: 7, parentID: nil, sequenceNumber: 5)
        XCTAssertEqual(try ManifestReader.manifests(list, path: "snap"), [row, row])
    }

    func test_manifest_damaged_isATypedError() throws {
        let entries = (0..<20).map {
            ManifestEntry(status: .added, snapshotID: 7, sequenceNumber: nil, fileSequenceNumber: nil, file: sampleFile($0, day: 3))
        }
        let (bytes, row) = try ManifestWriter.manifest(entries, schema: schema, snapshotID: 7, sequenceNumber: 5, specID: 0)
        let list = try ManifestWriter.manifestList([row], snapshotID: 7, parentID: 3, sequenceNumber: 5)
        var random = SplitMix64(state: 3)
        for (whole, read) in [
            (bytes, { (bytes: [UInt8]) in _ = try ManifestReader.entries(bytes, manifest: row) }),
            (list, { (bytes: [UInt8]) in _ = try ManifestReader.manifests(bytes, path: "snap") }),
        ] {
            for length in 0..<whole.count {
                do { try read(Array(whole[..<length])) } catch { XCTAssert(error is ColumnStoreError) }
            }
            for _ in 0..<2_000 {
                var damaged = whole
                damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: random.next())
                do { try read(damaged) } catch { XCTAssert(error is ColumnStoreError) }
            }
        }
    }

    func test_grouping_filesOfAllWidths_leavesDaysTogether() {
        let grouping = ManifestGrouping(field: schema.schema.fields[1])
        var random = SplitMix64(state: 5)
        let files = (0..<2_000).map { number in
            sampleFile(number, day: Int32(random.next() % 3_650), width: number % 100 == 0 ? 900 : 0)
        }
        let entries = files.map {
            ManifestEntry(status: .added, snapshotID: 1, sequenceNumber: 1, fileSequenceNumber: 1, file: $0)
        }
        let groups = grouping.groups(entries)
        XCTAssertEqual(groups.reduce(0) { $0 + $1.count }, 2_000)
        XCTAssert(groups.allSatisfy { $0.count <= ManifestGrouping.entryCountMax })
        let filter = ColumnFilter("business_day", .equal(.integer(1_000)))
        let matching = groups.filter { group in
            ManifestFile(
                location: "", byteCount: 0, specID: 0, holdsDeletes: false, sequenceNumber: 1, minSequenceNumber: 1, addedSnapshotID: 1,
                addedFileCount: Int32(group.count), existingFileCount: 0, deletedFileCount: 0, addedRowCount: 0,
                existingRowCount: 0, deletedRowCount: 0, bounds: ManifestBounds(group.map(\.file), schema: schema)
            ).canMatch([filter], schema: schema)
        }
        // One of the narrow groups, and the wide one.
        XCTAssertLessThanOrEqual(matching.count, 3)
    }

    func test_bounds_ofManifest_leaveOutColumnsThatSomeFileLacks() {
        var bare = sampleFile(1, day: 5)
        bare.lowerBounds?[2] = nil
        bare.upperBounds?[2] = nil
        let bounds = ManifestBounds([sampleFile(0, day: 3), bare], schema: schema)
        XCTAssertNil(bounds.lower[2])
        XCTAssertNotNil(bounds.lower[1])
        // All NULL: no bound is missing.
        bare.nullCounts?[2] = 10
        XCTAssertNotNil(ManifestBounds([sampleFile(0, day: 3), bare], schema: schema).lower[2])
    }
}

extension String {
    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        guard let start = range(of: part) else { return self }
        return self[..<start.lowerBound] + other + self[start.upperBound...]
    }

    private func range(of part: String) -> Range<String.Index>? {
        indices.first { self[$0...].hasPrefix(part) }.map { $0..<index($0, offsetBy: part.count) }
    }
}
