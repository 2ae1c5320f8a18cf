import ColumnStore
import Documents
import Foundation

// Times the way from a document's bytes to its row, on one thread, without HTTP and disk.
//
//   till-documents TYPES-FOLDER FILE.ndjson [ROUNDS]
//   till-documents TYPES-FOLDER FILE.xml [ROUNDS]         reads the one document 1,000 times
//   till-documents --records FILE [ROUNDS]                cuts a file of any form into records, as imports and uploads do
//
// Prints microseconds a receipt: finding lines, reading JSON into a tape, and the whole (recognise, validate, extract, rules).

func microseconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let elapsed = try clock.measure(body)
    return Double(elapsed.components.attoseconds) / 1e12 + Double(elapsed.components.seconds) * 1e6
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Records of a file, given in pieces of a megabyte.
func cutRecords(_ path: String, rounds: Int) throws {
    let file = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    var options = RecordStream.Options()
    options.coding = StreamCoding.of(first: file)
    let form = RecordForm.of(name: path, first: Array(file.prefix(4_096)))
    var counts = (records: 0, bytes: 0)
    let spans = try (0..<rounds).map { _ in
        try microseconds {
            var stream = RecordStream(form, options)
            var start = 0
            while start < file.count {
                let end = min(file.count, start + (1 << 20))
                try file.withUnsafeBytes { try stream.add(UnsafeRawBufferPointer(rebasing: $0[start..<end])) { _ in } }
                start = end
            }
            try stream.finish { _ in }
            counts = (stream.recordCount, stream.byteCount)
        }
    }
    let seconds = median(spans) / 1e6
    print("\(counts.records) records of \(form), \(counts.bytes) bytes:", String(format: "%.0f MB/s, %.0f records/s", Double(counts.bytes) / 1e6 / seconds, Double(counts.records) / seconds))
}

func run() throws {
    let arguments = CommandLine.arguments
    if arguments.count >= 3, arguments[1] == "--records" {
        return try cutRecords(arguments[2], rounds: arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5)
    }
    guard arguments.count >= 3 else {
        print("usage: till-documents TYPES-FOLDER FILE.ndjson [ROUNDS]")
        return
    }
    let registry = TypeRegistry()
    for name in try FileManager.default.contentsOfDirectory(atPath: arguments[1]).sorted() where name.hasSuffix(".json") {
        try registry.put(try DocumentType(json: Array(try Data(contentsOf: URL(fileURLWithPath: arguments[1] + "/" + name)))))
    }
    let body = Array(try Data(contentsOf: URL(fileURLWithPath: arguments[2])))
    let lines = NDJSONLines.lines(body)
    let rounds = arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5
    let reader = DocumentReader(registry: registry)
    let options = ReadingOptions(now: Int64(Date().timeIntervalSince1970 * 1e6))
    if arguments[2].hasSuffix(".xml") {
        let repeats = 1_000
        let spans = try (0..<rounds).map { _ in
            try microseconds { for _ in 0..<repeats { _ = try reader.readXML(body, options) } } / Double(repeats)
        }
        print("\(body.count) bytes of XML,", String(format: "%.1f µs a receipt", median(spans)))
        return
    }
    var times: [String: [Double]] = [:]
    var acceptedCount = 0
    try body.withUnsafeBytes { bytes in
        let json = JSONReader()
        for _ in 0..<rounds {
            times["lines", default: []].append(microseconds { _ = NDJSONLines.lines(body) })
            times["tape", default: []].append(
                try microseconds {
                    for line in lines { _ = try json.tape(of: UnsafeRawBufferPointer(rebasing: bytes[line])) }
                })
            acceptedCount = 0
            times["whole", default: []].append(
                try microseconds {
                    for line in lines {
                        let reading = try reader.readJSON(UnsafeRawBufferPointer(rebasing: bytes[line]), options)
                        if case .accepted = reading.receipts[0] { acceptedCount += 1 }
                    }
                })
        }
    }
    print("\(lines.count) lines of \(body.count / max(lines.count, 1)) bytes, \(acceptedCount) accepted, \(registry.snapshot.types.count) types")
    for (name, values) in times.sorted(by: { $0.key < $1.key }) {
        print(name, String(format: "%.2f µs a receipt", median(values) / Double(max(lines.count, 1))))
    }
}

try run()
