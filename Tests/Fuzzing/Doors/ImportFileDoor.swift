import Documents
import Ingest
import Server

/// A file that `till import` is given: packed or not, cut into records as it comes in pieces. However it is cut into pieces, the records are the
/// same, and none is longer than one may be.
extension Door {
    static let importFile = Door(
        name: "import-file",
        seeds: {
            DocumentSeeds.json + DocumentSeeds.xml + DocumentSeeds.csv + [
                DocumentSeeds.json.joined(separator: [0x0A]).map { $0 }, Array("[{\"a\":\"}\\\"]\"},\n{}]".utf8), Array("  [1,2,[3]] 4 \"x\"".utf8),
                Array("a,b\r\n\"x\r\n\"\"y\",1\r\n".utf8),
            ]
        },
        fuzz: { input in
            let bytes = [UInt8](input)
            let own = ImportFormat.of(path: "-", first: bytes)
            for format in [own, .lines, .json, .csv, .xml] {
                let whole = records(bytes, format, size: max(bytes.count, 1))
                let pieces = records(bytes, format, size: 1 + bytes.count % 5)
                precondition(whole == pieces, "pieces are cut into other records than the whole")
            }
        })

    private static let recordByteCountMax = 8 << 10

    /// The records, and whether the file ended before one that is too long.
    private static func records(_ bytes: [UInt8], _ format: ImportFormat, size: Int) -> [[UInt8]] {
        var splitter = RecordSplitter(format, recordByteCountMax: recordByteCountMax)
        var records: [[UInt8]] = []
        do {
            var start = 0
            repeat {
                let end = min(bytes.count, start + size)
                try splitter.add(Array(bytes[start..<end]), isLast: end == bytes.count) { record in
                    precondition(record.count <= recordByteCountMax, "a record of more than it may have")
                    records.append(record)
                }
                start = end
            } while start < bytes.count
        } catch {
            records.append(Array("too long".utf8))
        }
        return records
    }
}
