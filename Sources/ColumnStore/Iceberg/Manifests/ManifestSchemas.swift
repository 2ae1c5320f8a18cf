/// The Avro schemas of the files that this module writes, with the field ids by which every reader resolves them.
///
/// Names and ids are those of the Iceberg specification, version 2, "Manifests" and "Manifest Lists"; fields stand in the order in which `ManifestWriter`
/// encodes them, and neither changes without the other. Ids of lists, of keys and of values are given out by the format, too.
enum ManifestSchemas {
    /// Of our bounds in a manifest list: far from the ids that the format gives out.
    static let boundsFieldID: Int32 = 15_100

    /// A row for each manifest of a snapshot.
    static let manifestList = record(
        "manifest_file",
        [
            field("manifest_path", 500, #""string""#), field("manifest_length", 501, #""long""#),
            field("partition_spec_id", 502, #""int""#), field("content", 517, #""int""#),
            field("sequence_number", 515, #""long""#), field("min_sequence_number", 516, #""long""#),
            field("added_snapshot_id", 503, #""long""#), field("added_files_count", 504, #""int""#),
            field("existing_files_count", 505, #""int""#), field("deleted_files_count", 506, #""int""#),
            field("added_rows_count", 512, #""long""#), field("existing_rows_count", 513, #""long""#),
            field("deleted_rows_count", 514, #""long""#),
            optional(
                "partitions", 507,
                #"{"type":"array","element-id":508,"items":"#
                    + record(
                        "r508",
                        [
                            field("contains_null", 509, #""boolean""#), optional("contains_nan", 518, #""boolean""#),
                            optional("lower_bound", 510, #""bytes""#), optional("upper_bound", 511, #""bytes""#),
                        ]) + "}"),
            optional("key_metadata", 519, #""bytes""#), optional("column_bounds", boundsFieldID, #""bytes""#),
        ])

    /// An entry for each data file. The partition is a record without fields, as an unpartitioned table has it.
    static let manifest = record(
        "manifest_entry",
        [
            field("status", 0, #""int""#), optional("snapshot_id", 1, #""long""#),
            optional("sequence_number", 3, #""long""#), optional("file_sequence_number", 4, #""long""#),
            field(
                "data_file", 2,
                record(
                    "r2",
                    [
                        field("content", 134, #""int""#), field("file_path", 100, #""string""#),
                        field("file_format", 101, #""string""#), field("partition", 102, record("r102", [])),
                        field("record_count", 103, #""long""#), field("file_size_in_bytes", 104, #""long""#),
                        optional("column_sizes", 108, map(117, 118, "long")),
                        optional("value_counts", 109, map(119, 120, "long")),
                        optional("null_value_counts", 110, map(121, 122, "long")),
                        optional("nan_value_counts", 137, map(138, 139, "long")),
                        optional("lower_bounds", 125, map(126, 127, "bytes")),
                        optional("upper_bounds", 128, map(129, 130, "bytes")),
                        optional("key_metadata", 131, #""bytes""#),
                        optional("split_offsets", 132, #"{"type":"array","items":"long","element-id":133}"#),
                        optional("equality_ids", 135, #"{"type":"array","items":"int","element-id":136}"#),
                        optional("sort_order_id", 140, #""int""#),
                    ])),
        ])

    private static func record(_ name: String, _ fields: [String]) -> String {
        #"{"type":"record","name":"\#(name)","fields":[\#(fields.joined(separator: ","))]}"#
    }

    private static func field(_ name: String, _ id: Int32, _ type: String) -> String {
        #"{"name":"\#(name)","type":\#(type),"field-id":\#(id)}"#
    }

    /// A union with null first, so that null can be the default, as Avro wants it.
    private static func optional(_ name: String, _ id: Int32, _ type: String) -> String {
        #"{"name":"\#(name)","type":["null",\#(type)],"default":null,"field-id":\#(id)}"#
    }

    /// Avro's own maps have string keys; readers know this form by its logical type.
    private static func map(_ keyID: Int, _ valueID: Int, _ value: String) -> String {
        #"{"type":"array","logicalType":"map","items":"#
            + record(
                "k\(keyID)_v\(valueID)",
                [
                    #"{"name":"key","type":"int","field-id":\#(keyID)}"#,
                    #"{"name":"value","type":"\#(value)","field-id":\#(valueID)}"#,
                ]) + "}"
    }
}
