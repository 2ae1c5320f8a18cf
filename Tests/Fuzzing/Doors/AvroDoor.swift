import ColumnStore

/// An Avro file of anybody's, as a manifest may be: its header and schema, and each record passed over by the schema that it brings along.
extension Door {
    static let avro = Door(
        name: "avro", seeds: { schemas.map(file) },
        words: { ["\"type\":\"record\"", "\"fields\":[", "\"type\":\"array\",\"items\":", "\"type\":\"map\",\"values\":", "[\"null\",", "\"type\":\"fixed\",\"size\":", "\"long\"", "avro.codec", "deflate", "null"] },
        fuzz: { input in
            var reader = try AvroFileReader(bytes: [UInt8](input))
            _ = Result { try reader.recordFields() }
            while var (count, decoder) = try reader.nextBlock() {
                while count > 0 {
                    try decoder.skip(reader.type)
                    count -= 1
                }
            }
        })

    private static let schemas = [
        #"{"type":"record","name":"r","fields":[{"name":"a","type":"long","field-id":1},{"name":"b","type":["null","string"],"default":null,"field-id":2}]}"#,
        #"{"type":"record","name":"r","fields":[{"name":"m","type":{"type":"map","values":{"type":"array","items":["null","bytes"]}},"field-id":3},{"name":"f","type":{"type":"fixed","name":"x","size":4}},{"name":"again","type":"x"},{"name":"e","type":{"type":"enum","name":"e","symbols":["A"]}},{"name":"d","type":["float","double","boolean","int"]}]}"#,
        #"{"type":"array","items":"null"}"#,
    ]

    /// A header, and a block whose bytes happen to be records of each of the schemas above, or nearly.
    private static func file(_ schema: String) -> [UInt8] {
        func text(_ bytes: some Sequence<UInt8>, _ count: Int) -> [UInt8] { (count < 64 ? [UInt8(count * 2)] : [UInt8(count * 2 & 0x7F | 0x80), UInt8(count >> 6)]) + bytes }
        let header = [0x4F, 0x62, 0x6A, 1, 4] + text("avro.schema".utf8, 11) + text(schema.utf8, schema.utf8.count) + text("avro.codec".utf8, 10) + text("null".utf8, 4) + [0]
        let sync = [UInt8](repeating: 0xAB, count: 16)
        let record: [UInt8] = [2, 2, 0x61, 2, 2, 2, 2, 0x62, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4, 0, 4, 1]
        return header + sync + [2, UInt8(record.count * 2)] + record + sync
    }
}
