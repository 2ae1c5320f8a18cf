import ColumnStore
import Documents

/// A file of records, imported or uploaded, in each form that it could have. However it is cut into pieces, the records are the same, and none is
/// longer than one may be; going on behind any of them gives the others.
extension Door {
    static let importFile = Door(
        name: "import-file",
        seeds: {
            DocumentSeeds.json + DocumentSeeds.xml + DocumentSeeds.csv + [
                DocumentSeeds.json.joined(separator: [0x0A]).map { $0 }, Array("[{\"a\":\"}\\\"]\"},\n{}]".utf8), Array("  [1,2,[3]] 4 \"x\"".utf8),
                Array("a,b\r\n\"x\r\n\"\"y\",1\r\n".utf8), Array(#"{"a":1,"g":[{"k":2,"i":[{"n":1},"x"]}],"r":[1,{}],"z":[]}"#.utf8),
                StreamCompressor(.gzip).compress(Array("{}\n{}\n".utf8), isLast: true), StreamCompressor(.zstd).compress(Array("a\n1\n".utf8), isLast: true),
            ]
        },
        fuzz: { input in
            let bytes = [UInt8](input)
            let envelopes = try [#"/r"#, #"/g/*/i/*"#].compactMap { path in
                let json = #"{"name":"e","version":1,"format":"json","match":{"/x":"y"},"each":"\#(path)","receipt_id":"/id","issued_at":"/at","columns":{}}"#
                return RecordEnvelope(try DocumentType(json: Array(json.utf8)).file)
            }
            var options = RecordStream.Options()
            options.recordByteCountMax = recordByteCountMax
            options.byteCountMax = 1 << 20
            options.coding = StreamCoding.of(first: bytes)
            let fixed = options
            let forms: [RecordForm] = [.lines, .json, .csv, .xml]
            let makers = forms.map { form in { (passed: Int) in var options = fixed; options.recordCountPassed = passed; return RecordStream(form, options) } }
                + envelopes.map { envelope in { (passed: Int) in var options = fixed; options.recordCountPassed = passed; return RecordStream(envelope, options) } }
            for make in makers {
                let whole = records(bytes, make(0), size: max(bytes.count, 1))
                // How much comes out of a broken stream before that shows is its library's affair.
                if let last = whole.last, last.first == 1, String(decoding: last.dropFirst(), as: UTF8.self).hasPrefix("the compressed file is broken") { continue }
                precondition(records(bytes, make(0), size: 1 + bytes.count % 5) == whole, "pieces are cut into other records than the whole")
                let passed = bytes.count % (whole.count + 1)
                precondition(records(bytes, make(passed), size: 7) == Array(whole.dropFirst(min(passed, whole.count { $0.first != 1 }))), "going on gives other records")
            }
        })

    private static let recordByteCountMax = 8 << 10

    /// The records behind a 0, and what ended the file behind a 1.
    private static func records(_ bytes: [UInt8], _ stream: RecordStream, size: Int) -> [[UInt8]] {
        var stream = stream
        var records: [[UInt8]] = []
        func take(_ record: StreamRecord) {
            switch record.content {
            case .whole(let bytes): records.append([0] + bytes)
            case .refused(let fault): records.append([0] + Array(fault.detail.utf8))
            }
        }
        do {
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + size)
                try stream.add(Array(bytes[start..<end]), take)
                start = end
            }
            try stream.finish(take)
        } catch {
            records.append([1] + Array("\((error as? RecordFileError)?.fault.detail ?? "\(error)")".utf8))
        }
        return records
    }
}
