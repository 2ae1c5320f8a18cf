import ColumnStore
import Foundation
import Synchronization

// Decodes columns of a Parquet file to batches on request, and writes files, so that another program can time both in turn with other
// programs.
//
//   till-columns FILE        then, on standard input, lines "workers column,column… [column operator value]" ("*" for all
//                            columns; the operators are =, >= and <). Each is answered by a line of "name=number" from the opening of the file
//                            to the last batch: milliseconds, rows, batches, pages read of the column with the most of them, milliseconds
//                            of processor of all workers and of the one that took most. In place of columns "=inflate": every page is inflated
//                            and no more, out of a copy of the file in memory, sums unchecked; "=copy": as many bytes as that are copied.
//   till-columns FILE OUT [level=3] [bloom=column,column…] [columns=column,column…] [workers=1]
//                            reads the file's rows, then writes them as Till lays them out; says how long the writing took.

/// What one worker did, or all of them.
struct Work {
    var rows = 0
    var batches = 0
    /// By leaf, dictionaries among them.
    var pages: [String: Int] = [:]
    var processorMilliseconds = 0.0
    var busiestMilliseconds = 0.0
    var failure: (any Error)?

    mutating func add(_ other: Work) {
        rows += other.rows
        batches += other.batches
        pages.merge(other.pages, uniquingKeysWith: +)
        processorMilliseconds += other.processorMilliseconds
        busiestMilliseconds = max(busiestMilliseconds, other.processorMilliseconds)
        failure = failure ?? other.failure
    }
}

/// Of the calling thread.
func processorMilliseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

func milliseconds(_ duration: Duration) -> Double {
    Double(duration.components.attoseconds) / 1e15 + Double(duration.components.seconds) * 1e3
}

/// Hands out a scan's parts to workers.
final class PartQueue: Sendable {
    private let next = Mutex(0)
    private let parts: [ScanPart]

    init(_ parts: [ScanPart]) { self.parts = parts }

    func take() -> ScanPart? {
        next.withLock { next in
            guard next < parts.count else { return nil }
            next += 1
            return parts[next - 1]
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

func decode(_ path: String, columns: [String], workers: Int, filter: [String]) throws -> Work {
    let opened = processorMilliseconds()
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
    let queue = PartQueue(try scan.parts(workerCount: workers))
    let opening = processorMilliseconds() - opened
    let total = Mutex(Work())
    let work: @Sendable () -> Void = {
        var own = Work()
        let start = processorMilliseconds()
        do {
            while let part = queue.take() {
                let reader = try scan.reader(part)
                while let batch = try reader.next() {
                    own.rows += batch.rowCount
                    own.batches += 1
                }
                own.pages.merge(reader.pageCountsByColumn, uniquingKeysWith: +)
            }
        } catch {
            own.failure = error
        }
        own.processorMilliseconds = processorMilliseconds() - start
        total.withLock { $0.add(own) }
    }
    let threads = (1..<max(workers, 1)).map { _ in Thread(block: work) }
    let done = ThreadGroup(threads)
    done.start()
    work()
    done.wait()
    return try total.withLock {
        if let failure = $0.failure { throw failure }
        $0.processorMilliseconds += opening
        $0.busiestMilliseconds += opening
        return $0
    }
}

/// What bounds a scan of a file: its pages inflated and no more, or as many bytes copied as they are then, both on the calling thread.
final class Bounds {
    private let file: ParquetFile
    private let scan: ParquetScan
    private var inflatedByteCount = 0
    /// No cache holds both.
    private let memory = [UnsafeMutableRawBufferPointer](
        (0..<2).map { _ in
            let half = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 20, alignment: 4_096)
            _ = half.initializeMemory(as: UInt8.self, repeating: 1)
            return half
        })

    init(_ path: String) throws {
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        let bytes = content.withUnsafeBytes { MemoryBytes($0, name: path) }
        file = try ParquetFile(bytes, options: ParquetReadOptions(verifiesChecksums: false))
        scan = try file.scan()
        inflatedByteCount = try scan.rowGroups.reduce(0) { try $0 + scan.inflate(rowGroup: $1) }
    }

    deinit { for half in memory { half.deallocate() } }

    func measure(_ what: String) throws -> Work {
        var work = Work()
        work.rows = file.rowCount
        let start = processorMilliseconds()
        if what == "=copy" {
            for place in stride(from: 0, to: inflatedByteCount, by: memory[0].count) {
                let part = min(memory[0].count, inflatedByteCount - place)
                memory[1].copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[0][..<part]))
            }
        } else {
            for rowGroup in scan.rowGroups { _ = try scan.inflate(rowGroup: rowGroup) }
        }
        work.processorMilliseconds = processorMilliseconds() - start
        work.busiestMilliseconds = work.processorMilliseconds
        return work
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

func rewrite(_ path: String, to target: String, settings: [String: String]) throws {
    let file = try ParquetFile(try LocalFileBytes(path: path))
    let scan = try file.scan(ParquetScanRequest(projection: settings["columns"].map(columnPaths)))
    var batches: [ColumnBatch] = []
    for rowGroup in scan.rowGroups {
        let reader = try scan.reader(rowGroup: rowGroup)
        while let batch = try reader.next() { batches.append(batch) }
    }
    var options = WriterOptions()
    options.compressionLevel = settings["level"].flatMap(Int32.init) ?? options.compressionLevel
    options.workerCount = settings["workers"].flatMap(Int.init) ?? 1
    for column in columnPaths(settings["bloom"] ?? "") { options.columns[column] = ColumnWriterOptions(hasBloomFilter: true) }
    let clock = ContinuousClock()
    let start = clock.now
    let processor = processorMilliseconds()
    let writer = try FileWriter(scan.schema, options: options, to: try FileSink(path: target))
    for batch in batches { try writer.append(batch) }
    _ = try writer.finish()
    say([("milliseconds", milliseconds(clock.now - start)), ("rows", Double(file.rowCount)), ("processor", processorMilliseconds() - processor)])
}

func columnPaths(_ list: String) -> [ColumnPath] {
    list.split(separator: ",").map { ColumnPath(stringLiteral: String($0)) }
}

func say(_ figures: [(name: String, value: Double)]) {
    let line = figures.map { "\($0.name)=\($0.value == $0.value.rounded() ? String(Int($0.value)) : String($0.value))" }.joined(separator: " ")
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

func stop(_ error: any Error) -> Never {
    FileHandle.standardError.write(Data("till-columns: \(error)\n".utf8))
    exit(1)
}

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
    FileHandle.standardError.write(Data("usage: till-columns FILE [OUT [NAME=VALUE…]]\n".utf8))
    exit(2)
}
if arguments.count >= 3 {
    let settings = arguments.dropFirst(3).map { $0.split(separator: "=", maxSplits: 1).map(String.init) }.filter { $0.count == 2 }
    do {
        try rewrite(arguments[1], to: arguments[2], settings: Dictionary(settings.map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 }))
    } catch {
        stop(error)
    }
    exit(0)
}
var bounds: Bounds?
while let line = readLine() {
    let parts = line.split(separator: " ")
    guard parts.count >= 2, let workers = Int(parts[0]) else { continue }
    let isBound = parts[1].hasPrefix("=")
    let clock = ContinuousClock()
    var start = clock.now
    let work: Work
    do {
        if isBound {
            let known = try bounds ?? Bounds(arguments[1])
            bounds = known
            start = clock.now
            work = try known.measure(String(parts[1]))
        } else {
            work = try decode(
                arguments[1], columns: parts[1].split(separator: ",").map(String.init), workers: workers,
                filter: parts.dropFirst(2).map(String.init))
        }
    } catch {
        stop(error)
    }
    say([
        ("milliseconds", milliseconds(clock.now - start)), ("rows", Double(work.rows)), ("batches", Double(work.batches)),
        ("pages", Double(work.pages.values.max() ?? 0)), ("processor", work.processorMilliseconds), ("busiest", work.busiestMilliseconds),
    ])
}
