@testable import ColumnStore
import TestSupport
import XCTest

/// Metadata of other writers is read, kept and refused as it should be.
final class TableMetadataTests: XCTestCase {
    /// A table of another writer, partitioned by month, with what this module has no use for.
    static let foreign =
        #"{"format-version":2,"table-uuid":"85113be4-37d9-56eb-97d1-8f4c8d96f6b0","location":"file:///data/warehouse/trades","last-sequence-number":2,"last-updated-ms":1767232800000,"last-column-id":12,"current-schema-id":0,"schemas":[{"type":"struct","schema-id":0,"identifier-field-ids":[1],"fields":[{"id":1,"name":"id","required":true,"type":"long","doc":"key"},{"id":2,"name":"business_day","required":true,"type":"date"},{"id":3,"name":"ts","required":true,"type":"timestamptz"},{"id":4,"name":"symbol","required":false,"type":"string"},{"id":5,"name":"price","required":false,"type":"decimal(18, 4)"},{"id":6,"name":"legs","required":false,"type":{"type":"list","element-id":7,"element-required":false,"element":{"type":"struct","fields":[{"id":8,"name":"leg_id","required":true,"type":"int"},{"id":9,"name":"qty","required":false,"type":"decimal(18,4)"}]}}},{"id":11,"name":"flag","required":false,"type":"boolean"},{"id":12,"name":"dbl","required":false,"type":"double"},{"id":13,"name":"m","required":false,"type":{"type":"map","key-id":14,"key":"string","value-id":15,"value":"long","value-required":false}}]}],"default-spec-id":0,"partition-specs":[{"spec-id":0,"fields":[{"source-id":2,"field-id":1000,"name":"business_day_month","transform":"month"}]}],"last-partition-id":1000,"default-sort-order-id":1,"sort-orders":[{"order-id":0,"fields":[]},{"order-id":1,"fields":[{"transform":"identity","source-id":2,"direction":"asc","null-order":"nulls-first"}]}],"properties":{"a":"b"},"current-snapshot-id":3055729675574597004,"snapshots":[{"snapshot-id":3051729675574597004,"sequence-number":1,"timestamp-ms":1767229200000,"manifest-list":"file:///data/snap-1.avro","summary":{"operation":"append","added-data-files":"3"},"schema-id":0},{"snapshot-id":3055729675574597004,"sequence-number":2,"timestamp-ms":1767232800000,"manifest-list":"file:///data/snap-2.avro","summary":{"operation":"replace"},"schema-id":0,"parent-snapshot-id":3051729675574597004}],"refs":{"main":{"snapshot-id":3055729675574597004,"type":"branch"},"eoy":{"snapshot-id":3051729675574597004,"type":"tag","max-ref-age-ms":10}},"snapshot-log":[{"snapshot-id":3051729675574597004,"timestamp-ms":1767229200000},{"snapshot-id":3055729675574597004,"timestamp-ms":1767232800000}],"metadata-log":[{"metadata-file":"file:///data/v1.metadata.json","timestamp-ms":1767229200000}],"statistics":[{"snapshot-id":3051729675574597004,"x":1.5}],"partition-statistics":[],"next-thing":9007199254740993}"#

    private func parse(_ text: String) throws -> TableMetadata {
        try TableMetadata(parsing: Array(text.utf8), path: "v1.metadata.json")
    }

    func test_parse_metadataOfAnother_isReadAndKept() throws {
        let metadata = try parse(Self.foreign)
        XCTAssertEqual(metadata.currentSnapshot?.sequenceNumber, 2)
        XCTAssertEqual(metadata.currentSchema.schema["price"]?.type, .decimal(precision: 18, scale: 4))
        XCTAssertEqual(metadata.currentSchema.schema.field(at: "legs.qty")?.id, 9)
        XCTAssertEqual(metadata.snapshot(at: 1_767_229_200_001)?.id, 3_051_729_675_574_597_004)
        XCTAssertNil(metadata.snapshot(at: 5))
        XCTAssertFalse(metadata.isUnpartitioned)
        XCTAssertEqual(metadata.referencedSnapshotIDs, [3_051_729_675_574_597_004])
        let again = String(decoding: metadata.json.serialized, as: UTF8.self)
        for part in [
            #""statistics":[{"snapshot-id":3051729675574597004,"x":1.5}]"#, #""next-thing":9007199254740993"#,
            #""eoy":{"snapshot-id":3051729675574597004,"type":"tag","max-ref-age-ms":10}"#, #""identifier-field-ids":[1]"#,
            #""doc":"key""#, #""transform":"month""#,
        ] {
            XCTAssert(again.contains(part), part)
        }
        XCTAssertEqual(try parse(again), metadata)
    }

    func test_parse_missingOrOtherMembers_areTypedErrors() throws {
        for (part, other) in [
            (#""format-version":2"#, #""format-version":4"#), (#""table-uuid""#, #""uuid""#), (#""schemas""#, #""schema""#),
            (#""current-schema-id":0"#, #""current-schema-id":3"#), (#""last-column-id":12"#, #""last-column-id":"12""#),
            (#""current-snapshot-id":3055729675574597004"#, #""current-snapshot-id":3"#),
            (#""manifest-list":"file:///data/snap-1.avro""#, #""manifests":[]"#), (#""element-id":7"#, #""element":7"#),
            (#""type":"boolean""#, #""type":"geometry""#), ("decimal(18, 4)", "decimal(39, 4)"),
        ] {
            let text = Self.foreign.replacingOccurrence(of: part, with: other)
            XCTAssertNotEqual(text, Self.foreign)
            XCTAssertThrowsError(try parse(text), part) { XCTAssert($0 is ColumnStoreError) }
        }
        let bytes = Array(Self.foreign.utf8)
        var random = SplitMix64(state: 4)
        for _ in 0..<1_000 {
            var damaged = bytes
            damaged[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            do {
                _ = try TableMetadata(parsing: damaged, path: "v1")
            } catch {
                XCTAssert([.corruptFile, .unsupportedFeature].contains(error.code))
            }
        }
    }

    func test_numbering_nestedColumns_givesEachAnId() {
        var last: Int32 = 10
        let fields = TableSchema.numbering(
            [
                Field("a", .int32),
                Field("l", .list(element: Field("element", .structure([Field("x", .int32), Field("y", .string)])))),
                Field("z", .date),
            ], lastColumnID: &last)
        XCTAssertEqual(last, 16)
        let schema = TableSchema(id: 3, schema: Schema(fields))
        XCTAssertEqual(schema.schema.field(at: "l.y")?.id, 15)
        XCTAssertEqual(try TableSchema(schema.json, path: "").schema, schema.schema)
    }
}

extension String {
    fileprivate func replacingOccurrence(of part: String, with other: String) -> String {
        guard let start = indices.first(where: { self[$0...].hasPrefix(part) }) else { return self }
        return self[..<start] + other + self[index(start, offsetBy: part.count)...]
    }
}
