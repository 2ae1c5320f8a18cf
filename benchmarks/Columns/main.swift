import ColumnStore
import Foundation
import Synchronization

// Decodes columns of a Parquet file to batches on request, so that another program can time it in turn with other readers.
//
//   till-columns FILE        then, on standard input, lines "workers column,column… [column operator value]" ("*" for all
//                            columns; the operators are =, >= and <); each is answered by "milliseconds rows batches"
//   till-columns FILE OUT    writes the file's rows anew, as Till lays them out, and says how long that took

/// Hands out row groups to workers.
final class RowGroupQueue: Sendable {
    private let next = Mutex(0)
    private let rowGroups: [Int]

    init(_ rowGroups: [Int]) { self.rowGroups = rowGroups }

    func take() -> Int? {
        next.withLock { next in
            guard next < rowGroups.count else { return nil }
            next += 1
            return rowGroups[next - 1]
        }
    }
}

/// A filter from its words; on a leaf in a list it is a hint only, as everywhere.
func parseFilter(_ words: [String], _ schema: Schema) throws -> ColumnFilter {
    let path = ColumnPath(stringLiteral: words[0])
    guard let field = schema.field(at: path) else { throw ColumnStoreError(.invalidRequest, "no column \(path)") }
    let value: Value =
        switch field.type {
        case .string, .binary: .string(words[2])
        case .decimal: .decimal(Int128(words[2]) ?? 0)
        case .double: .double(Double(words[2]) ?? 0)
        default: .integer(Int64(words[2]) ?? 0)
        }
    switch words[1] {
    case "=": return ColumnFilter(path, .equal(value))
    case "<": return ColumnFilter(path, .range(lower: nil, upper: .init(value, isInclusive: false)))
    default: return ColumnFilter(path, .range(lower: .init(value, isInclusive: true), upper: nil))
    }
}

func decode(_ path: String, columns: [String], workers: Int, filter: [String]) throws -> (rows: Int, batches: Int) {
    let file = try ParquetFile(try LocalFileBytes(path: path))
    let projection = columns == ["*"] ? nil : columns.map { ColumnPath(stringLiteral: $0) }
    var request = ParquetScanRequest(projection: projection)
    if filter.count == 3 {
        let parsed = try parseFilter(filter, file.schema)
        if case .list? = file.schema[parsed.path.names[0]]?.type {
            request.elementFilters = [parsed]
        } else {
            request.filters = [parsed]
        }
    }
    let scan = try file.scan(request)
    let queue = RowGroupQueue(scan.rowGroups)
    let totals = Mutex((rows: 0, batches: 0, failure: (any Error)?.none))
    let work: @Sendable () -> Void = {
        var rows = 0
        var batches = 0
        do {
            while let rowGroup = queue.take() {
                let reader = try scan.reader(rowGroup: rowGroup)
                while let batch = try reader.next() {
                    rows += batch.rowCount
                    batches += 1
                }
            }
        } catch {
            totals.withLock { $0.failure = error }
        }
        totals.withLock {
            $0.rows += rows
            $0.batches += batches
        }
    }
    let threads = (1..<max(workers, 1)).map { _ in Thread(block: work) }
    let done = ThreadGroup(threads)
    done.start()
    work()
    done.wait()
    return try totals.withLock {
        if let failure = $0.failure { throw failure }
        return ($0.rows, $0.batches)
    }
}

/// Threads that are waited for.
struct ThreadGroup {
    let threads: [Thread]

    init(_ threads: [Thread]) { self.threads = threads }

    func start() { for thread in threads { thread.start() } }
    func wait() { for thread in threads { while !thread.isFinished { usleep(50) } } }
}

/// A sink into a local file, without the promises of a store.
final class FileSink: ByteSink {
    private let handle: FileHandle

    init(path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw ColumnStoreError(.io, path: path, "cannot be made")
        }
        handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    func write(_ bytes: RawSpan) throws(ColumnStoreError) {
        bytes.withUnsafeBytes { handle.write(Data($0)) }
    }
}

func rewrite(_ path: String, to target: String) throws {
    let file = try ParquetFile(try LocalFileBytes(path: path))
    let scan = try file.scan()
    let clock = ContinuousClock()
    let start = clock.now
    let writer = try FileWriter(scan.schema, options: WriterOptions(), to: try FileSink(path: target))
    for rowGroup in scan.rowGroups {
        let reader = try scan.reader(rowGroup: rowGroup)
        while let batch = try reader.next() { try writer.append(batch) }
    }
    _ = try writer.finish()
    FileHandle.standardOutput.write(Data("\(clock.now - start)\n".utf8))
}

let arguments = CommandLine.arguments
guard arguments.count == 2 || arguments.count == 3 else {
    FileHandle.standardError.write(Data("usage: till-columns FILE [OUT]\n".utf8))
    exit(2)
}
if arguments.count == 3 {
    try rewrite(arguments[1], to: arguments[2])
    exit(0)
}
while let line = readLine() {
    let parts = line.split(separator: " ")
    guard parts.count >= 2, let workers = Int(parts[0]) else { continue }
    let clock = ContinuousClock()
    let start = clock.now
    let (rows, batches) = try decode(
        arguments[1], columns: parts[1].split(separator: ",").map(String.init), workers: workers,
        filter: parts.dropFirst(2).map(String.init))
    let elapsed = clock.now - start
    let milliseconds = Double(elapsed.components.attoseconds) / 1e15 + Double(elapsed.components.seconds) * 1e3
    FileHandle.standardOutput.write(Data("\(milliseconds) \(rows) \(batches)\n".utf8))
}
